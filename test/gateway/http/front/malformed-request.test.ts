import assert from "node:assert/strict";
import { once } from "node:events";
import type http from "node:http";
import { describe, it } from "node:test";
import { closed } from "../../../guard/support/closed.ts";
import { connectRaw, exchangeRaw, type HttpScene, openHttpScene } from "../../support/http-scene.ts";
import { FRAME, frame, openFrames } from "../../support/http2-frames.ts";
import { openHttpUpstream } from "../../support/http-upstream.ts";

const openUpstream = () => openHttpUpstream((request, response) => void request.pipe(response));

/** Whose malformed requests were told of, with what was answered. */
function told({ events }: HttpScene): readonly string[] {
  return events.flatMap((event) =>
    event.type === "malformed-request" ? `${event.peer} ${event.status}` : [],
  );
}

describe("what is no request", () => {
  for (const [name, bytes, status] of [
    ["a line that is none", "no request line\r\n\r\n", 400],
    ["fields that are none", "GET / HTTP/1.1\r\nHost: a\r\nno field\r\n\r\n", 400],
    ["two lengths", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400],
    ["more fields than fit", `GET / HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(40_000)}\r\n\r\n`, 431],
  ] as const) {
    it(`is answered with ${status}, told of and not forwarded: ${name}`, async () => {
      await using upstream = await openUpstream();
      await using scene = await openHttpScene({ to: upstream.port });
      assert.match(await exchangeRaw(scene.port, bytes), new RegExp(`^HTTP/1\\.1 ${status} `));
      assert.deepEqual(told(scene), [`anna ${status}`]);
      assert.equal(upstream.connections.length, 0);
    });
  }

  it("is told of when a body breaks its own rules, and is no second answer when the first has begun", async () => {
    await using upstream = await openUpstream();
    await using scene = await openHttpScene({ to: upstream.port });
    const socket = await connectRaw(scene.port);
    let received = "";
    socket.setEncoding("latin1");
    const begun = Promise.withResolvers<void>();
    socket.on("data", (text: string) => {
      received += text;
      if (received.includes("body")) begun.resolve();
    });
    socket.write("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n");
    await begun.promise;
    socket.write("no size\r\n");
    await closed(socket);
    assert.equal(received.match(/HTTP\/1\.1/g)?.length, 1);
    assert.deepEqual(told(scene), ["anna 400"]);
    assert.equal(scene.events.filter(({ type }) => type === "exchanged").length, 1);
  });

  for (const rest of ["no request line\r\n\r\n", "\0", "GET / HTTP/1.1\r\nno field\r\n\r\n"]) {
    it(`takes no answer from the request before it, and is not answered: ${JSON.stringify(rest)}`, async () => {
      const asked = Promise.withResolvers<http.ServerResponse>();
      await using upstream = await openHttpUpstream((_request, response) => asked.resolve(response));
      await using scene = await openHttpScene({ to: upstream.port });
      const socket = await connectRaw(scene.port);
      let received = "";
      socket.on("data", (chunk: Buffer) => (received += chunk.toString()));
      socket.write(`GET / HTTP/1.1\r\nHost: a\r\n\r\n${rest}`);
      const answer = await asked.promise;
      while (told(scene).length === 0) await new Promise(setImmediate);
      socket.write(rest);
      answer.end("first");
      await closed(socket);
      assert.match(received, /^HTTP\/1\.1 200 .*Connection: close\r\n.*first$/s);
      assert.deepEqual(told(scene), ["anna 400"]);
    });
  }

  it("ends the connection behind an answer that has begun, and leaves that whole", async () => {
    const asked = Promise.withResolvers<http.ServerResponse>();
    await using upstream = await openHttpUpstream((_request, response) => asked.resolve(response));
    await using scene = await openHttpScene({ to: upstream.port });
    const socket = await connectRaw(scene.port);
    socket.setEncoding("latin1");
    let received = "";
    socket.on("data", (text: string) => (received += text));
    socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    const answer = await asked.promise;
    answer.write("begun");
    while (!received.includes("begun")) await once(socket, "data");
    socket.write("no request line\r\n\r\n");
    while (told(scene).length === 0) await new Promise(setImmediate);
    answer.end("whole");
    await closed(socket);
    assert.match(received, /begun.*whole\r\n0\r\n\r\n$/s);
  });

  it("is answered with 400 when it is the body of a request that has no answer yet", async () => {
    await using upstream = await openHttpUpstream(() => undefined);
    await using scene = await openHttpScene({ to: upstream.port });
    const post = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nno size\r\n";
    assert.match(await exchangeRaw(scene.port, post), /^HTTP\/1\.1 400 /);
  });

  it("is told of over HTTP/2", async () => {
    await using upstream = await openUpstream();
    await using scene = await openHttpScene({ to: upstream.port });
    await using frames = await openFrames(scene.port);
    const over = closed(frames.socket);
    // RFC 9113 §6.10: it continues nothing.
    frames.write(frame(FRAME.continuation, 0, 1, new Uint8Array(8)));
    await over;
    assert.deepEqual(told(scene), ["anna undefined"]);
  });

  it("is not a connection that just breaks", async () => {
    await using upstream = await openUpstream();
    await using scene = await openHttpScene({ to: upstream.port });
    const socket = await connectRaw(scene.port);
    socket.write("GET / HTTP/1.1\r\nHo");
    socket.destroy();
    await exchangeRaw(scene.port, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert.deepEqual(told(scene), []);
  });
});

describe("an expectation that nobody knows", () => {
  it("is answered with 417, as a request like any other", async () => {
    await using upstream = await openUpstream();
    await using scene = await openHttpScene({ to: upstream.port });
    const asked = "GET / HTTP/1.1\r\nHost: a\r\nExpect: a miracle\r\nConnection: close\r\n\r\n";
    assert.match(await exchangeRaw(scene.port, asked), /^HTTP\/1\.1 417 /);
    const [exchanged] = scene.events.filter((event) => event.type === "exchanged");
    assert.equal(exchanged?.status, 417);
    assert.equal(upstream.connections.length, 0);
  });
});
