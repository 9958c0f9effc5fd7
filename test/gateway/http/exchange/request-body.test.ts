import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, it } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { connectRaw, exchangeRaw, finish, openHttpScene, openSession } from "../../support/http-scene.ts";
import { openH2cUpstream, openTcpUpstream, type Upstream } from "../../support/http-upstream.ts";

const CLOSE = "Host: a\r\nConnection: close\r\n";

/** Answers once a whole request seems to be there, and notes what came, in pieces. */
async function openNoting(): Promise<Upstream & { readonly pieces: string[] }> {
  const pieces: string[] = [];
  const upstream = await openTcpUpstream((socket) => {
    socket.setEncoding("latin1").on("data", (text: string) => {
      pieces.push(text);
      if (/body|\r\n0\r\n.*\r\n\r\n$/s.test(text))
        socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    });
  });
  return Object.assign(upstream, { pieces });
}

describe("a small body with a length", () => {
  it("reaches the upstream in one piece with its head, however it comes", async () => {
    await using upstream = await openNoting();
    await using scene = await openHttpScene({ to: upstream.port });
    const socket = await connectRaw(scene.port);
    for (const part of [`POST / HTTP/1.1\r\n${CLOSE}Content-Length: 8\r\n\r\n`, "two ", "b", "ody"]) {
      socket.write(part);
      await pause(20);
    }
    const [answer] = (await once(socket, "data")) as [Buffer];
    assert.match(answer.toString(), /^HTTP\/1\.1 200 /);
    assert.equal(upstream.pieces.length, 1);
    assert.match(upstream.pieces[0] ?? "", /^POST \/ HTTP\/1\.1\r\n.*content-length: 8\r\n\r\ntwo body$/s);
    socket.destroy();
  });

  it("that is not as long as it says is 400, and the upstream hears nothing", async () => {
    await using upstream = await openNoting();
    await using scene = await openHttpScene({ to: upstream.port });
    for (const length of ["3", "30"]) {
      await using session = openSession(scene.port);
      const stream = session.request({ ":path": "/", ":method": "POST", "content-length": length });
      stream.end("a body");
      const { status, resetCode } = await finish(stream);
      assert.ok(status === 400 || resetCode !== 0, `${status} ${resetCode}`);
    }
    assert.deepEqual(upstream.pieces, []);
  });

  it("that does not come is 408, and the upstream hears nothing", async () => {
    await using upstream = await openNoting();
    await using scene = await openHttpScene({ to: upstream.port, config: { idleTimeoutMs: 300 } });
    const answer = await exchangeRaw(scene.port, `POST / HTTP/1.1\r\n${CLOSE}Content-Length: 8\r\n\r\ntwo `);
    assert.match(answer, /^HTTP\/1\.1 408 /);
    assert.deepEqual(upstream.pieces, []);
  });

  it("goes with the trailers that come behind it after all, in chunks", async () => {
    await using upstream = await openNoting();
    await using scene = await openHttpScene({ to: upstream.port });
    await using session = openSession(scene.port);
    const head = { ":path": "/", ":method": "POST", "content-length": "4" };
    const stream = session.request(head, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "x-sum": "1" }));
    stream.end("four");
    assert.equal((await finish(stream)).status, 200);
    assert.match(
      upstream.pieces.join(""),
      /Transfer-Encoding: chunked.*\r\n4\r\nfour\r\n0\r\nx-sum: 1\r\n\r\n$/s,
    );
  });

  it("is asked for by the upstream when its client waits for that", async () => {
    await using upstream = await openTcpUpstream((socket) => {
      socket.setEncoding("latin1").on("data", (text: string) => {
        if (text.includes("100-continue")) socket.write("HTTP/1.1 100 Continue\r\n\r\n");
        if (text.includes("body")) socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
      });
    });
    await using scene = await openHttpScene({ to: upstream.port });
    const socket = await connectRaw(scene.port);
    socket.write(`POST / HTTP/1.1\r\n${CLOSE}Content-Length: 4\r\nExpect: 100-continue\r\n\r\n`);
    const [asked] = (await once(socket, "data")) as [Buffer];
    assert.match(asked.toString(), /^HTTP\/1\.1 100 /);
    socket.write("body");
    const [answer] = (await once(socket, "data")) as [Buffer];
    assert.match(answer.toString(), /^HTTP\/1\.1 200 /);
    socket.destroy();
  });
});

describe("a body without a length and without a byte in it", () => {
  it("ends at the upstream, though it had ended before there was a connection to that", async () => {
    await using upstream = await openH2cUpstream((stream) => {
      stream.resume().on("end", () => stream.respond({ ":status": 204 }, { endStream: true }));
    });
    for (const method of ["POST", "PUT"]) {
      await using scene = await openHttpScene({ to: upstream.port, protocol: "h2c" });
      await using session = openSession(scene.port);
      const stream = session.request({ ":path": "/", ":method": method });
      stream.end();
      assert.equal((await finish(stream)).status, 204, method);
      scene.proxy.close();
    }
  });
});
