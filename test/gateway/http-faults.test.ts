import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, it } from "node:test";
import { closed } from "../guard/support/closed.ts";
import {
  anna,
  connectRaw,
  exchangeRaw,
  finish,
  type HttpScene,
  openHttpScene,
  openSession,
} from "./support/http-scene.ts";
import { FLAG, FRAME, frame, openFrames } from "./support/http2-frames.ts";
import { openH2cUpstream, openHttpUpstream, openTcpUpstream } from "./support/http-upstream.ts";
import { beforeItRunsOut } from "../support/before-it-runs-out.ts";
import { freePort } from "../support/free-port.ts";

const GET = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
const POST = "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 4\r\n\r\nbody";
const SOON = { idleTimeoutMs: 200, connectTimeoutMs: 200 };

function failures(scene: HttpScene): readonly string[] {
  return scene.events.flatMap((event) => (event.type === "upstream-failed" ? [event.failure] : []));
}

describe("a client of HTTP/2 that ends its connection", () => {
  it("is gone, with its session and what it waited for at the upstream", async () => {
    await using upstream = await openHttpUpstream(() => undefined);
    await using scene = await openHttpScene({ to: upstream.port, guard: { allowHalfOpen: true } });
    const session = openSession(scene.port);
    session.request({ ":path": "/" }).on("error", () => undefined);
    await once(upstream.server, "request");
    const [asked] = upstream.connections;
    const [connection] = scene.guard.connections;
    assert.ok(asked !== undefined && connection !== undefined);
    const over = Promise.all([closed(asked), closed(connection.socket)]);
    session.destroy();
    await over;
  });
});

describe("a client of HTTP/2 that breaks its rules and is gone at once", () => {
  it("leaves nothing of its connection", async () => {
    await using upstream = await openHttpUpstream(() => undefined);
    for (const allowHalfOpen of [true, false]) {
      await using scene = await openHttpScene({ to: upstream.port, guard: { allowHalfOpen } });
      await using frames = await openFrames(scene.port);
      await frames.waitFor(({ type }) => type === FRAME.settings);
      const [connection] = scene.guard.connections;
      assert.ok(connection);
      const over = closed(connection.socket);
      // On a stream that is not open. RFC 9113 §6.1
      frames.write(frame(FRAME.data, FLAG.endStream, 1, Buffer.from("x")));
      frames.socket.destroy();
      await over;
    }
  });
});

describe("more requests than the process has files for", () => {
  it("are answered with 503 as long as the others run", async () => {
    await using upstream = await openHttpUpstream(({ url }, response) => {
      if (url === "/slow") response.write("begun");
      else response.end("done");
    });
    await using scene = await openHttpScene({ to: upstream.port, mostUpstream: 2 });
    await using session = openSession(scene.port);
    const slow = [1, 2].map(() => session.request({ ":path": "/slow" }));
    await Promise.all(slow.map((stream) => once(stream, "response")));
    assert.equal((await finish(session.request({ ":path": "/" }))).status, 503);
    const over = upstream.connections.slice(0, 2).map(closed);
    for (const stream of slow) stream.resume().close();
    await Promise.all(over);
    assert.equal((await finish(session.request({ ":path": "/" }))).body, "done");
  });
});

describe("an upstream that is down", () => {
  it("is answered with 502, for every kind of request, and told as an event", async () => {
    const to = await freePort();
    for (const protocol of ["http", "h2c"] as const) {
      await using scene = await openHttpScene({ to, protocol });
      for (const request of [GET, POST]) {
        assert.match(await exchangeRaw(scene.port, request), /^HTTP\/1\.1 502 Bad Gateway\r\n/);
      }
      await using session = openSession(scene.port);
      assert.equal((await finish(session.request({ ":path": "/" }))).status, 502);
      assert.deepEqual(failures(scene), ["unreachable", "unreachable", "unreachable"]);
    }
  });

  it("is used again as soon as it is back", async () => {
    const first = await openHttpUpstream(
      (_request, response) => response.end("one"),
      undefined,
      await freePort(),
    );
    await using scene = await openHttpScene({ to: first.port });
    assert.match(await exchangeRaw(scene.port, GET), /one/);
    await first[Symbol.asyncDispose]();
    assert.match(await exchangeRaw(scene.port, GET), / 502 /);
    await using again = await openHttpUpstream(
      (_request, response) => response.end("two"),
      undefined,
      first.port,
    );
    assert.equal(again.port, first.port);
    assert.match(await exchangeRaw(scene.port, GET), /two/);
    assert.match(await exchangeRaw(scene.port, POST), /two/);
  });
});

describe("an upstream that is slow", () => {
  it("is answered with 504 when its head does not come", async () => {
    await using upstream = await openTcpUpstream((socket) => socket.resume());
    await using other = await openH2cUpstream(() => undefined);
    for (const [to, protocol] of [
      [upstream.port, "http"],
      [other.port, "h2c"],
    ] as const) {
      await using scene = await openHttpScene({ to, protocol, config: SOON });
      for (const request of [GET, POST]) {
        assert.match(await exchangeRaw(scene.port, request), /^HTTP\/1\.1 504 Gateway Timeout\r\n/);
      }
      assert.deepEqual(failures(scene), ["timed-out", "timed-out"]);
    }
  });

  it("is cut off when its body stops, and the client does not take it for whole", async () => {
    await using upstream = await openTcpUpstream((socket) => {
      socket.once("data", () => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"));
    });
    await using done = await beforeItRunsOut(200, async (attempt) => {
      const config = { idleTimeoutMs: attempt.forMs };
      const scene = attempt.use(await openHttpScene({ to: upstream.port, config }));
      const answers: string[] = [];
      for (const request of [GET, POST]) answers.push(await exchangeRaw(scene.port, request));
      await using session = openSession(scene.port);
      const stream = await finish(session.request({ ":path": "/" }));
      // Even the head was too late.
      if (stream.status === 504 || answers.some((answer) => answer.includes(" 504 ")))
        attempt.runsOutAt(Date.now());
      return { answers, stream };
    });
    for (const answer of done.answers) assert.match(answer, /Content-Length: 10\r\n.*\r\n\r\nhalf$/s);
    assert.equal(done.stream.status, 200);
    assert.notEqual(done.stream.resetCode, 0);
  });

  it("is answered with 504 when it accepts no connection in time", async () => {
    // Nothing answers there (RFC 5737), or the network says so at once.
    const to = { kind: "tcp", address: { host: "192.0.2.1", port: 81 }, protocol: "http" } as const;
    await using scene = await openHttpScene({ to: 81, config: { ...SOON, to } });
    for (const request of [GET, POST])
      assert.match(await exchangeRaw(scene.port, request), /^HTTP\/1\.1 50[24] /);
  });
});

describe("an upstream that hangs up", () => {
  it("before its head is 502 for a request that may not be repeated, with a body or without", async () => {
    let requests = 0;
    await using upstream = await openTcpUpstream((socket) => {
      socket.on("data", () => {
        requests += 1;
        socket.resetAndDestroy();
      });
    });
    await using scene = await openHttpScene({ to: upstream.port });
    assert.match(await exchangeRaw(scene.port, POST), /^HTTP\/1\.1 502 /);
    assert.equal(requests, 1);
    const bare = "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    assert.match(await exchangeRaw(scene.port, bare), /^HTTP\/1\.1 502 /);
    assert.equal(requests, 2);
    assert.deepEqual(failures(scene), ["broken", "broken"]);
  });

  it("on a kept connection is asked again, once, when nothing can have happened twice", async () => {
    let connections = 0;
    await using upstream = await openTcpUpstream((socket) => {
      connections += 1;
      let requests = 0;
      socket.on("data", () => {
        requests += 1;
        if (requests > 1) socket.resetAndDestroy();
        else socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n${connections}`);
      });
    });
    await using scene = await openHttpScene({ to: upstream.port });
    assert.match(await exchangeRaw(scene.port, GET), /\r\n\r\n1$/);
    assert.match(await exchangeRaw(scene.port, GET), /\r\n\r\n2$/);
  });

  it("while it half-closes its side is an answer with all that came", async () => {
    await using upstream = await openTcpUpstream((socket) => {
      socket.once("data", () => socket.end("HTTP/1.1 200 OK\r\n\r\nuntil the end"));
    });
    await using scene = await openHttpScene({ to: upstream.port });
    for (const request of [GET, POST]) assert.match(await exchangeRaw(scene.port, request), /until the end/);
  });

  it("or changes the protocol without being asked is 502", async () => {
    await using upstream = await openTcpUpstream((socket) => {
      socket.once("data", () =>
        socket.write("HTTP/1.1 101 Sure\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"),
      );
    });
    await using scene = await openHttpScene({ to: upstream.port });
    for (const request of [GET, POST])
      assert.match(await exchangeRaw(scene.port, request), /^HTTP\/1\.1 502 /);
  });

  it("over h2c in the middle of a body resets the client's stream", async () => {
    await using upstream = await openH2cUpstream((stream) => {
      stream.respond({ ":status": 200, "content-length": "10" });
      stream.write("half");
      setImmediate(() => stream.close(0));
    });
    await using scene = await openHttpScene({ to: upstream.port, protocol: "h2c" });
    const answer = await exchangeRaw(scene.port, GET);
    assert.ok(!answer.includes(" 200 ") || !/content-length: 4/i.test(answer), answer);
    await using session = openSession(scene.port);
    const outcome = await finish(session.request({ ":path": "/" }));
    assert.ok(outcome.status === 502 || outcome.resetCode !== 0, JSON.stringify(outcome));
  });
});

describe("an upstream that answers before the body is there", () => {
  it("is heard, and the connection is of no use afterwards", async () => {
    await using upstream = await openHttpUpstream((_request, response) => {
      response.writeHead(413, { connection: "close" }).end("too much");
    });
    await using scene = await openHttpScene({ to: upstream.port });
    const socket = await connectRaw(scene.port);
    let received = "";
    socket.setEncoding("latin1").on("data", (text: string) => (received += text));
    socket.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nstart");
    while (!received.includes("too much")) await once(socket, "data");
    assert.match(received, /^HTTP\/1\.1 413 /);
    socket.destroy();
  });
});

describe("a client that is slow", () => {
  it("with its body is answered with 408, and it is not called the upstream's fault", async () => {
    await using upstream = await openHttpUpstream((request) => request.resume());
    await using scene = await openHttpScene({ to: upstream.port, config: SOON });
    const answer = await exchangeRaw(
      scene.port,
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf",
    );
    assert.match(answer, /^HTTP\/1\.1 408 Request Timeout\r\n/);
    assert.deepEqual(failures(scene), []);
  });

  it("with its head is answered with 408", async () => {
    await using upstream = await openHttpUpstream((_request, response) => response.end());
    await using scene = await openHttpScene({ to: upstream.port });
    Object.assign(scene.proxy.server, { headersTimeout: 300 });
    const answer = await exchangeRaw(scene.port, "GET / HTTP/1.1\r\nHost: a\r\nX: ");
    assert.match(answer, /^HTTP\/1\.1 408 /);
    assert.equal(upstream.connections.length, 0);
  });

  it("to read is cut off, and the upstream with it", async () => {
    await using upstream = await openHttpUpstream((_request, response) => {
      const write = (): void => {
        while (response.write(Buffer.alloc(65_536)));
        response.once("drain", write);
      };
      write();
    });
    await using scene = await openHttpScene({ to: upstream.port, config: { idleTimeoutMs: 500 } });
    const socket = await connectRaw(scene.port);
    socket.pause();
    socket.write(GET);
    await once(upstream.server, "connection");
    const [connection] = upstream.connections;
    assert.ok(connection);
    await closed(connection);
    socket.destroy();
  });
});

describe("a client that resets", () => {
  it("at any step leaves nothing behind", async () => {
    await using upstream = await openHttpUpstream((request, response) => {
      request.resume();
      request.on("end", () => response.end(Buffer.alloc(100_000)));
    });
    await using scene = await openHttpScene({ to: upstream.port });
    const request = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n";
    for (let step = 0; step <= request.length; step += 3) {
      const socket = await connectRaw(scene.port);
      const over = closed(socket);
      socket.write(request.slice(0, step), () => socket.destroy());
      await over;
    }
    assert.match(await exchangeRaw(scene.port, POST), /^HTTP\/1\.1 200 /);
    while ([...scene.guard.connections].length > 0) await new Promise(setImmediate);
  });
});

describe("a peer that is revoked", () => {
  it("loses its streams, and their upstream requests with them", async () => {
    await using upstream = await openHttpUpstream((request, response) => {
      request.resume();
      response.writeHead(200).write("data: 1\n\n");
    });
    await using scene = await openHttpScene({ to: upstream.port });
    const socket = await connectRaw(scene.port);
    socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    await once(socket, "data");
    await using session = openSession(scene.port);
    const streams = Array.from({ length: 5 }, () => session.request({ ":path": "/" }));
    const upload = session.request({ ":method": "POST", ":path": "/" });
    await Promise.all([...streams, upload].map((stream) => once(stream, "data")));
    assert.equal(upstream.connections.length, 7);
    const gone = Promise.all([...upstream.connections, socket, ...streams, upload].map(closed));
    await scene.operator.revoke(anna.facts.pin);
    await gone;
  });
});
