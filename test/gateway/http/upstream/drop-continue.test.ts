import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { connectRaw, exchangeRaw, openHttpScene } from "../../support/http-scene.ts";
import { openH2cUpstream, openHttpUpstream, openTcpUpstream } from "../../support/http-upstream.ts";

const CLOSE = "Host: a\r\nConnection: close\r\n";
const GET = `GET / HTTP/1.1\r\n${CLOSE}\r\n`;
const SMALL = `POST / HTTP/1.1\r\n${CLOSE}Content-Length: 4\r\n\r\nbody`;
const CHUNKED = `POST / HTTP/1.1\r\n${CLOSE}Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n`;
/** Each takes another way to an upstream that speaks HTTP/1.1. */
const WAYS = [GET, SMALL, CHUNKED];
const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

describe("100 Continue", () => {
  it("that was waited for reaches the client once", async () => {
    const upstream = await openHttpUpstream((request, response) => {
      request.resume().on("end", () => response.end("ok"));
    });
    await using _ = upstream;
    await using second = await openH2cUpstream((stream) => {
      stream.additionalHeaders({ ":status": 100 });
      stream.resume().on("end", () => stream.respond({ ":status": 200 }, { endStream: true }));
    });
    for (const [to, protocol] of [
      [upstream.port, "http"],
      [second.port, "h2c"],
    ] as const) {
      await using scene = await openHttpScene({ to, protocol });
      const socket = await connectRaw(scene.port);
      let received = "";
      socket.setEncoding("latin1").on("data", (text: string) => (received += text));
      socket.write(`POST / HTTP/1.1\r\n${CLOSE}Content-Length: 4\r\nExpect: 100-continue\r\n\r\n`);
      while (!received.includes("\r\n\r\n")) await pause(10);
      socket.write("body");
      while (!received.includes(" 200 ")) await pause(10);
      assert.equal(received.split(" 100 ").length, 2, received);
      socket.destroy();
    }
  });

  it("that nobody waits for is no answer, in whatever pieces it comes, on a kept connection as well", async () => {
    const said = `HTTP/1.1 100 Continue\r\nX-Note: not yet\r\n\r\n${OK}`;
    for (const piece of [1, 7, 13, 24, 200]) {
      await using upstream = await openTcpUpstream((socket) => {
        socket.setNoDelay(true);
        socket.on("data", async (chunk) => {
          if (!/body|\r\n\r\n$/.test(chunk.toString())) return;
          for (let at = 0; at < said.length; at += piece) {
            socket.write(said.slice(at, at + piece));
            if (piece < 200) await new Promise(setImmediate);
          }
        });
      });
      await using scene = await openHttpScene({ to: upstream.port });
      for (const request of [...WAYS, ...WAYS]) {
        assert.match(await exchangeRaw(scene.port, request), /^(?:HTTP\/1\.1 100 .*)?HTTP\/1\.1 200 .*ok$/s);
      }
      assert.ok(upstream.connections.length <= 3);
    }
  });

  it("is not taken out of what an upstream's body says", async () => {
    const said = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n";
    await using upstream = await openTcpUpstream((socket) => {
      socket.on("data", async () => {
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${said.length}\r\n\r\n`);
        await pause(20);
        socket.write(said);
      });
    });
    await using scene = await openHttpScene({ to: upstream.port });
    assert.ok((await exchangeRaw(scene.port, GET)).endsWith(`\r\n\r\n${said}`));
  });
});
