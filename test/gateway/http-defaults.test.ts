import assert from "node:assert/strict";
import type http from "node:http";
import { describe, it } from "node:test";
import { exchangeRaw, finish, openHttpScene, openSession } from "./support/http-scene.ts";
import { openH2cUpstream, openHttpUpstream, openTcpUpstream } from "./support/http-upstream.ts";
import { PATIENCE_MS } from "../support/patience.ts";

const CLOSE = "Host: a\r\nConnection: close\r\n";
const GET = `GET / HTTP/1.1\r\n${CLOSE}\r\n`;
const SMALL = `POST / HTTP/1.1\r\n${CLOSE}Content-Length: 4\r\n\r\nbody`;
const CHUNKED = `POST / HTTP/1.1\r\n${CLOSE}Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n`;
/** Each takes another way to an upstream that speaks HTTP/1.1. */
const WAYS = [GET, SMALL, CHUNKED];

/** More than a pool with a usual limit would have. */
const MANY = 60;

describe("an answer's head", () => {
  it("may have 60 KiB, in one field or in two thousand, over each way", async () => {
    const large = { "x-large": "x".repeat(60_000) };
    const many = Object.fromEntries(Array.from({ length: 2000 }, (_, at) => [`x-${at}`, "a"]));
    for (const fields of [large, many]) {
      const last = Object.keys(fields).at(-1);
      await using upstream = await openHttpUpstream((request, response) => {
        request.resume().on("end", () => response.writeHead(200, fields).end("ok"));
      });
      await using scene = await openHttpScene({ to: upstream.port });
      for (const request of WAYS) {
        const answer = await exchangeRaw(scene.port, request);
        assert.match(answer, /^HTTP\/1\.1 200 /);
        assert.ok(answer.includes(`${last}: `));
      }
      const upgrade = `GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n`;
      assert.match(await exchangeRaw(scene.port, upgrade), /^HTTP\/1\.1 200 /);
    }
  });

  it("may have 60 KiB over h2c", async () => {
    const many = Object.fromEntries(Array.from({ length: 1000 }, (_, at) => [`x-${at}`, "a"]));
    for (const fields of [{ "x-large": "x".repeat(50_000) }, many]) {
      await using upstream = await openH2cUpstream((stream) => {
        stream.respond({ ":status": 200, ...fields }, { endStream: true });
      });
      await using scene = await openHttpScene({ to: upstream.port, protocol: "h2c" });
      const answer = await exchangeRaw(scene.port, GET);
      assert.match(answer, /^HTTP\/1\.1 200 /);
      assert.ok(answer.includes(`${Object.keys(fields).at(-1)}: `));
    }
  });

  it("of more than that is 502", async () => {
    await using upstream = await openTcpUpstream((socket) => {
      socket.once("data", () => socket.write(`HTTP/1.1 200 OK\r\nX: ${"x".repeat(70_000)}\r\n\r\n`));
    });
    await using scene = await openHttpScene({ to: upstream.port });
    for (const request of WAYS) assert.match(await exchangeRaw(scene.port, request), /^HTTP\/1\.1 502 /);
  });
});

describe("an answer over h2c that is not as long as it says", () => {
  it("ends its stream alone", async () => {
    await using upstream = await openH2cUpstream((stream, headers) => {
      if (headers[":path"] === "/slow") {
        setTimeout(() => stream.respond({ ":status": 200 }, { endStream: true }), 300);
      } else {
        stream.respond({ ":status": 200, "content-length": "2" });
        stream.end(headers[":path"] === "/long" ? "three" : "1");
      }
    });
    await using scene = await openHttpScene({ to: upstream.port, protocol: "h2c" });
    await using session = openSession(scene.port);
    // One that is not sent again, should its connection end.
    const slow = finish(session.request({ ":path": "/slow", ":method": "POST" }, { endStream: true }));
    for (const path of ["/long", "/short"]) {
      const odd = await finish(session.request({ ":path": path }));
      assert.ok(odd.status === 502 || odd.resetCode !== 0, JSON.stringify(odd));
    }
    assert.equal((await slow).status, 200);
  });
});

describe("a request over HTTP/2 that is longer than it says", () => {
  it("ends its stream alone", async () => {
    await using upstream = await openHttpUpstream((request, response) => {
      request.resume();
      setTimeout(() => response.end("ok"), 300);
    });
    await using scene = await openHttpScene({ to: upstream.port });
    await using session = openSession(scene.port);
    const slow = finish(session.request({ ":path": "/", ":method": "POST" }, { endStream: true }));
    for (let round = 0; round < 3; round += 1) {
      const odd = session.request({ ":path": "/", ":method": "POST", "content-length": "2" });
      odd.on("error", () => undefined).end("three");
      const { status, resetCode } = await finish(odd);
      assert.ok(status === 400 || resetCode !== 0, `${status} ${resetCode}`);
    }
    assert.equal((await slow).status, 200);
  });
});

describe("requests over HTTP/1.1 that come at once", () => {
  for (const [what, request] of [
    ["without a body", GET],
    ["in chunks", CHUNKED],
  ] as const) {
    it(`wait for no other's answer, ${what}: each has a connection`, async () => {
      const waiting: http.ServerResponse[] = [];
      await using upstream = await openHttpUpstream((incoming, response) => {
        incoming.resume();
        waiting.push(response);
        if (waiting.length === MANY) for (const each of waiting) each.end("ok");
      });
      await using scene = await openHttpScene({ to: upstream.port });
      const answers = await Promise.all(Array.from({ length: MANY }, () => exchangeRaw(scene.port, request)));
      for (const answer of answers) assert.match(answer, /^HTTP\/1\.1 200 /);
      assert.equal(upstream.connections.length, MANY);
    });
  }
});

describe("a kept connection to an upstream over HTTP/1.1", () => {
  it("is not kept longer because the upstream says that it would", async () => {
    await using upstream = await openHttpUpstream(
      (request, response) => {
        request.resume().on("end", () => response.end("ok"));
      },
      (server: http.Server) => {
        server.keepAliveTimeout = 600_000;
      },
    );
    await using scene = await openHttpScene({ to: upstream.port });
    for (const request of [GET, CHUNKED]) await exchangeRaw(scene.port, request);
    assert.equal(upstream.connections.length, 2);
    const began = performance.now();
    await Promise.all(
      upstream.connections.map((socket) => new Promise((resolve) => socket.once("close", resolve))),
    );
    assert.ok(performance.now() - began < PATIENCE_MS);
  });
});
