import assert from "node:assert/strict";
import { once } from "node:events";
import type { Socket } from "node:net";
import { describe, it } from "node:test";
import { closed } from "../guard/support/closed.ts";
import { connectRaw, exchangeRaw, finish, openHttpScene, openSession } from "./support/http-scene.ts";
import { fieldBlock, FLAG, FRAME, frame, openFrames, u32 } from "./support/http2-frames.ts";
import { openHttpUpstream, openTcpUpstream } from "./support/http-upstream.ts";

const CHUNK = Buffer.alloc(64 * 1024, "x");
const CLOSE = "Host: a\r\nConnection: close\r\n";
const POST = [
  [":method", "POST"],
  [":scheme", "https"],
  [":authority", "a"],
  [":path", "/"],
] as const;

describe("a response without a body", () => {
  it("is that of HEAD, with its length", async () => {
    await using upstream = await openHttpUpstream((_request, response) => {
      response.writeHead(200, { "content-length": 1234 }).end();
    });
    await using scene = await openHttpScene({ to: upstream.port });
    const answer = await exchangeRaw(scene.port, `HEAD / HTTP/1.1\r\n${CLOSE}\r\n`);
    assert.match(answer, /content-length: 1234\r\n.*\r\n\r\n$/is);
    await using session = openSession(scene.port);
    const { headers, body } = await finish(session.request({ ":method": "HEAD", ":path": "/" }));
    assert.equal(headers["content-length"], "1234");
    assert.equal(body, "");
  });

  it("is 204 and 304", async () => {
    await using upstream = await openHttpUpstream((request, response) => {
      response.writeHead(Number(request.url?.slice(1)), { etag: '"1"' }).end();
    });
    await using scene = await openHttpScene({ to: upstream.port });
    await using session = openSession(scene.port);
    for (const status of [204, 304]) {
      const answer = await exchangeRaw(scene.port, `GET /${status} HTTP/1.1\r\n${CLOSE}\r\n`);
      assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} .*\r\n\r\n$`, "s"));
      assert.doesNotMatch(answer, /transfer-encoding|content-length/i);
      assert.equal((await finish(session.request({ ":path": `/${status}` }))).status, status);
    }
  });
});

describe("a stream of events", () => {
  it("reaches the client event by event", async () => {
    const events: ((text: string) => void)[] = [];
    await using upstream = await openHttpUpstream((_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
      events.push((text) => response.write(text));
    });
    await using scene = await openHttpScene({ to: upstream.port });
    const socket = await connectRaw(scene.port);
    socket.setEncoding("latin1").write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    const [head] = (await once(socket, "data")) as [string];
    assert.match(head, /^HTTP\/1\.1 200 OK.*\r\n\r\n$/s);
    for (const text of ["data: 1\n\n", "data: 2\n\n"]) {
      events[0]?.(text);
      const [event] = (await once(socket, "data")) as [string];
      assert.equal(event, `9\r\n${text}\r\n`);
    }
    socket.destroy();
  });

  it("keeps nobody waiting, though thousands of them never end", async () => {
    await using upstream = await openHttpUpstream(({ url }, response) => {
      if (url === "/events")
        response.writeHead(200, { "content-type": "text/event-stream" }).write("data: 1\n\n");
      else response.end("at once");
    });
    await using scene = await openHttpScene({ to: upstream.port });
    await using sessions = new AsyncDisposableStack();
    const began: Promise<unknown>[] = [];
    for (let count = 0; count < 11; count++) {
      const session = sessions.use(openSession(scene.port));
      for (let stream = 0; stream < 100; stream++) {
        began.push(once(session.request({ ":path": "/events" }), "response"));
      }
    }
    await Promise.all(began);
    await using session = openSession(scene.port);
    assert.equal((await finish(session.request({ ":path": "/" }))).body, "at once");
  });

  it("ends at the upstream when the client goes away", async () => {
    for (const over of ["HTTP/1.1", "HTTP/2"]) {
      const gone = Promise.withResolvers<void>();
      await using upstream = await openHttpUpstream((_request, response) => {
        response.writeHead(200).write("data: 1\n\n");
        response.on("close", () => gone.resolve());
      });
      await using scene = await openHttpScene({ to: upstream.port });
      if (over === "HTTP/1.1") {
        const socket = await connectRaw(scene.port);
        socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        await once(socket, "data");
        socket.destroy();
      } else {
        await using session = openSession(scene.port);
        const stream = session.request({ ":path": "/" });
        await once(stream, "data");
        stream.close(8);
        await gone.promise;
      }
      await gone.promise;
    }
  });
});

describe("a body that breaks off", () => {
  it("at the upstream does not look whole to the client", async () => {
    for (const framing of ["Content-Length: 100\r\n", "Transfer-Encoding: chunked\r\n"]) {
      const first = framing.startsWith("T") ? "5\r\nfirst\r\n" : "first";
      await using upstream = await openTcpUpstream((socket) => {
        socket.once("data", () => {
          socket.write(`HTTP/1.1 200 OK\r\n${framing}\r\n${first}`);
          setImmediate(() => socket.resetAndDestroy());
        });
      });
      await using scene = await openHttpScene({ to: upstream.port });
      for (const method of ["GET", "POST"]) {
        const length = method === "POST" ? "Content-Length: 0\r\n" : "";
        const answer = await exchangeRaw(scene.port, `${method} / HTTP/1.1\r\nHost: a\r\n${length}\r\n`);
        assert.match(answer, /^HTTP\/1\.1 (?:200|502) /);
        assert.doesNotMatch(answer, /\r\n0\r\n\r\n$/);
      }
      await using session = openSession(scene.port);
      const outcome = await finish(session.request({ ":path": "/" }));
      assert.ok(outcome.status === 502 || outcome.resetCode !== 0, JSON.stringify(outcome));
    }
  });

  it("at the client does not look whole to the upstream", async () => {
    const ends: (string | undefined)[] = [];
    const seen = Promise.withResolvers<void>();
    await using upstream = await openHttpUpstream((request) => {
      request.on("data", () => seen.resolve());
      request.on("end", () => ends.push("end"));
      request.on("error", () => ends.push("error"));
      request.on("close", () => ends.push("close"));
    });
    await using scene = await openHttpScene({ to: upstream.port });
    const socket = await connectRaw(scene.port);
    socket.write("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n");
    await seen.promise;
    const [connection] = upstream.connections;
    assert.ok(connection);
    const over = closed(connection);
    socket.destroy();
    await over;
    assert.equal(ends.includes("end"), false, ends.join());
    for (const code of [8, 0]) {
      await using frames = await openFrames(scene.port);
      const arrives = once(upstream.server, "connection");
      frames.write(
        frame(FRAME.headers, FLAG.endHeaders, 1, fieldBlock(POST)),
        frame(FRAME.data, 0, 1, Buffer.from("body")),
      );
      const [last] = (await arrives) as [Socket];
      const gone = closed(last);
      frames.write(frame(FRAME.reset, 0, 1, u32(code)));
      await gone;
      assert.equal(ends.includes("end"), false, `${code}: ${ends.join()}`);
    }
  });
});

describe("back-pressure", () => {
  it("of a client that does not read stops the upstream", async () => {
    let written = 0;
    const stalled = Promise.withResolvers<void>();
    await using upstream = await openHttpUpstream((_request, response) => {
      const write = (): void => {
        while (response.write(CHUNK)) written += CHUNK.length;
        const timer = setTimeout(() => stalled.resolve(), 500);
        response.once("drain", () => {
          clearTimeout(timer);
          write();
        });
      };
      write();
    });
    await using scene = await openHttpScene({ to: upstream.port });
    const socket = await connectRaw(scene.port);
    socket.pause();
    socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    await stalled.promise;
    assert.ok(written < 64 * 1024 * 1024, `${written} bytes`);
    socket.destroy();
  });

  it("of an upstream that does not read stops the client, over HTTP/1.1 and HTTP/2", async () => {
    await using upstream = await openTcpUpstream((socket) => void socket.pause());
    await using scene = await openHttpScene({ to: upstream.port });
    const socket = await connectRaw(scene.port);
    await using session = openSession(scene.port);
    socket.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\n");
    const stream = session.request({ ":method": "POST", ":path": "/" });
    stream.on("error", () => undefined);
    for (const sink of [socket, stream]) {
      let written = 0;
      const stalled = Promise.withResolvers<void>();
      const write = (): void => {
        while (sink.write(CHUNK)) written += CHUNK.length;
        const timer = setTimeout(() => stalled.resolve(), 500);
        sink.once("drain", () => {
          clearTimeout(timer);
          write();
        });
      };
      write();
      await stalled.promise;
      assert.ok(written < 64 * 1024 * 1024, `${written} bytes`);
      sink.destroy();
    }
  });
});
