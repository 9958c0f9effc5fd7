import assert from "node:assert/strict";
import type { ClientHttp2Stream } from "node:http2";
import type { Socket } from "node:net";
import { describe, it } from "node:test";
import { connectRaw, finish, openHttpScene, openSession } from "../../support/http-scene.ts";
import { openH2cUpstream, openTcpUpstream } from "../../support/http-upstream.ts";

const ROUNDS = 10;
const LARGE = Buffer.alloc(4 * 1024 * 1024);
const ANSWER = "HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 8\r\n\r\ntoo much";

/** Uploads over HTTP/1.1, reads the answer whenever it comes. */
async function upload(port: number, head: string, body: Uint8Array): Promise<string> {
  const socket = await connectRaw(port);
  let received = "";
  const answered = new Promise<void>((resolve) => {
    socket.setEncoding("latin1").on("data", (text: string) => {
      received += text;
      if (received.includes("too much")) resolve();
    });
    socket.on("close", () => resolve());
  });
  socket.write(`POST / HTTP/1.1\r\nHost: a\r\n${head}\r\n`);
  socket.write(body);
  await answered;
  socket.destroy();
  return received;
}

/** What is on its way then is not read: the kernel resets the connection. */
function refuse(socket: Socket): void {
  socket.once("data", () => {
    socket.pause();
    socket.write(ANSWER, () => socket.destroy());
  });
}

describe("an upstream that answers an upload early and closes", () => {
  it("is heard, however much of the upload was written when that failed", async () => {
    await using upstream = await openTcpUpstream(refuse);
    await using scene = await openHttpScene({ to: upstream.port });
    for (let round = 0; round < ROUNDS; round += 1) {
      const answer = await upload(scene.port, `Content-Length: ${LARGE.length}\r\n`, LARGE);
      assert.match(answer, /^HTTP\/1\.1 413 .*too much$/s);
    }
    await using session = openSession(scene.port);
    for (let round = 0; round < ROUNDS; round += 1) {
      const stream = session.request({ ":path": "/", ":method": "POST" });
      stream.end(LARGE);
      const { status, body } = await finish(stream);
      assert.deepEqual([status, body], [413, "too much"]);
    }
  });

  it("is heard when the upload is a small one", async () => {
    await using upstream = await openTcpUpstream(refuse);
    await using scene = await openHttpScene({ to: upstream.port });
    for (let round = 0; round < ROUNDS; round += 1) {
      const answer = await upload(scene.port, "Content-Length: 16000\r\n", LARGE.subarray(0, 16_000));
      assert.match(answer, /^HTTP\/1\.1 413 .*too much$/s);
    }
  });

  it("is not taken to have said all when its answer has no length and it resets", async () => {
    await using upstream = await openTcpUpstream((socket) => {
      socket.once("data", () => socket.write("HTTP/1.1 200 OK\r\n\r\nhalf of i"));
    });
    const resetOnceHeard = (stream: ClientHttp2Stream): ClientHttp2Stream =>
      stream.once("data", () => upstream.connections.at(-1)?.resetAndDestroy());
    await using scene = await openHttpScene({ to: upstream.port });
    await using session = openSession(scene.port);
    const get = await finish(resetOnceHeard(session.request({ ":path": "/" })));
    assert.deepEqual([get.status, get.body, get.resetCode !== 0], [200, "half of i", true]);
    const post = session.request({ ":path": "/", ":method": "POST" });
    post.write("x");
    const posted = await finish(resetOnceHeard(post));
    assert.deepEqual([posted.status, posted.body, posted.resetCode !== 0], [200, "half of i", true]);
  });

  it("is heard over h2c, whether it ends the stream or the connection", async () => {
    let isWhole = false;
    await using upstream = await openH2cUpstream((stream) => {
      stream.once("data", () => {
        stream.pause();
        stream.respond({ ":status": 413 });
        stream.end("too much", () => {
          if (isWhole) stream.session?.socket.destroy();
          else stream.close(0);
        });
      });
    });
    await using scene = await openHttpScene({ to: upstream.port, protocol: "h2c" });
    for (isWhole of [false, true]) {
      for (let round = 0; round < ROUNDS; round += 1) {
        const answer = await upload(scene.port, `Content-Length: ${LARGE.length}\r\n`, LARGE);
        assert.match(answer, /^HTTP\/1\.1 413 .*too much/s);
      }
    }
  });
});
