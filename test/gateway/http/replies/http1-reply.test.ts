import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, it } from "node:test";
import { closed } from "../../../guard/support/closed.ts";
import { connectRaw, exchangeRaw, finish, openHttpScene, openSession } from "../../support/http-scene.ts";
import { openH2cUpstream, openTcpUpstream } from "../../support/http-upstream.ts";

const GET = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
const POST = "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 4\r\n\r\nbody";

describe("an upstream whose status line is odd", () => {
  it("has its answer passed on, with a reason that can be said", async () => {
    for (const [said, passedOn] of [
      ["\xd0\x94\xd0\x90", "\xd0\x94\xd0\x90"],
      ["caf\xe9", "caf"],
      ["a\x01b", ""],
      ["", ""],
    ] as const) {
      await using upstream = await openTcpUpstream((socket) => {
        const answer = `HTTP/1.1 200 ${said}\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok`;
        socket.on("data", () => socket.write(answer, "latin1"));
      });
      await using scene = await openHttpScene({ to: upstream.port });
      const upgrade = GET.replace("close", "Upgrade\r\nUpgrade: echo");
      for (const request of [GET, POST, upgrade]) {
        const answer = await exchangeRaw(scene.port, request);
        assert.ok(answer.startsWith(`HTTP/1.1 200 ${passedOn}`), JSON.stringify(answer));
        assert.match(answer, /\r\n\r\nok$/);
      }
    }
  });

  it("is 502 over HTTP/2 when there is no such status, with nothing of its fields", async () => {
    await using upstream = await openTcpUpstream((socket) => {
      const fields = "Content-Encoding: gzip\r\nSet-Cookie: a=b\r\nContent-Length: 1";
      socket.on("data", () => socket.write(`HTTP/1.1 999 Odd\r\n${fields}\r\n\r\nx`));
    });
    await using scene = await openHttpScene({ to: upstream.port });
    await using session = openSession(scene.port);
    const { status, headers, body } = await finish(session.request({ ":path": "/" }));
    assert.equal(status, 502);
    assert.equal(body, "502 Bad Gateway\n");
    assert.deepEqual([headers["content-encoding"], headers["set-cookie"]], [undefined, undefined]);
  });
});

describe("an upstream whose answer goes wrong at once", () => {
  it("has what it said passed on, and cut off, whatever it was asked", async () => {
    const chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (const [body, passedOn] of [
      ["", ""],
      ["2\r\nhi\r\n", "2\r\nhi\r\n"],
    ] as const) {
      await using upstream = await openTcpUpstream((socket) => {
        socket.on("data", () => socket.write(`${chunked}${body}no size\r\n`));
      });
      await using scene = await openHttpScene({ to: upstream.port });
      const inChunks =
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n";
      for (const request of [GET, POST, inChunks]) {
        const [head = "", rest = "none"] = (await exchangeRaw(scene.port, request)).split("\r\n\r\n");
        assert.match(head, /^HTTP\/1\.1 200 OK\r\n/);
        // What was not read when it went wrong is lost.
        assert.ok(passedOn.startsWith(rest), rest);
      }
    }
  });

  it("has that passed on behind what it said before its answer, too", async () => {
    const early = "HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n";
    const broken = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nno size\r\n";
    await using upstream = await openTcpUpstream((socket) => {
      socket.on("data", () => socket.write(`${early}${broken}`));
    });
    await using scene = await openHttpScene({ to: upstream.port });
    const inChunks = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n";
    for (const request of [GET, POST, inChunks]) {
      const [before = "", head = ""] = (await exchangeRaw(scene.port, request)).split("\r\n\r\n");
      assert.match(before, /^HTTP\/1\.1 103 /);
      assert.match(head, /^HTTP\/1\.1 200 OK\r\n/);
    }
    const told = scene.events.flatMap((event) => (event.type === "exchanged" ? [event.status] : []));
    assert.deepEqual(told, [200, 200, 200]);
  });
});

describe("an upstream that answers before the body is there", () => {
  it("and goes away does not keep the client from sending the rest", async () => {
    const size = 4_000_000;
    await using http1 = await openTcpUpstream((socket) => {
      socket.once("data", () => {
        socket.pause();
        socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
      });
    });
    await using h2c = await openH2cUpstream((stream) => {
      stream.respond({ ":status": 200 });
      stream.end("ok");
      stream.on("finish", () => stream.close(0));
    });
    for (const [upstream, protocol] of [
      [http1, "http"],
      [h2c, "h2c"],
    ] as const) {
      await using scene = await openHttpScene({ to: upstream.port, protocol });
      const socket = await connectRaw(scene.port);
      let received = "";
      socket.setEncoding("latin1").on("data", (text: string) => (received += text));
      socket.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${size}\r\n\r\n`);
      socket.write(Buffer.alloc(size / 2));
      while (!received.includes("ok")) await once(socket, "data");
      if (protocol === "http") for (const connection of upstream.connections) connection.resetAndDestroy();
      const over = closed(socket);
      socket.write(Buffer.alloc(size / 2));
      socket.write("TRACE / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
      await over;
      assert.match(received, / 405 /);
    }
  });
});

describe("an upstream over h2c that takes no more streams", () => {
  it("is left no connection for each request", async () => {
    await using upstream = await openH2cUpstream(
      (stream) => {
        stream.respond({ ":status": 200 });
        stream.end("ok");
      },
      { maxConcurrentStreams: 0 },
    );
    await using scene = await openHttpScene({ to: upstream.port, protocol: "h2c" });
    for (let time = 0; time < 10; time++) await exchangeRaw(scene.port, GET);
    const open = upstream.connections.filter(({ destroyed }) => !destroyed);
    assert.ok(open.length <= 2, `${open.length} connections`);
  });
});

describe("an upstream over h2c that closes a stream without an error and without an answer", () => {
  it("has the request answered with 502, whatever its method and body", async () => {
    await using upstream = await openH2cUpstream((stream) => {
      stream.resume().on("end", () => stream.close(0));
    });
    await using scene = await openHttpScene({ to: upstream.port, protocol: "h2c" });
    for (const request of [GET, POST]) {
      assert.match(await exchangeRaw(scene.port, request), /^HTTP\/1\.1 502 /);
    }
    await using session = openSession(scene.port);
    for (const [method, body] of [
      ["GET", undefined],
      ["POST", ""],
      ["POST", "body"],
      ["POST", "x".repeat(40_000)],
    ] as const) {
      const stream = session.request({ ":path": "/", ":method": method }, { endStream: body === undefined });
      if (body !== undefined) stream.end(body);
      assert.equal((await finish(stream)).status, 502, `${method} ${body?.length}`);
    }
  });
});
