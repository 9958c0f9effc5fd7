import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import net, { type AddressInfo } from "node:net";
import { PassThrough } from "node:stream";
import { describe, it } from "node:test";
import type tls from "node:tls";
import { tapServer } from "../../../src/guard/tap/tap-server.ts";
import { closed } from "../support/closed.ts";
import { connectOnce } from "../support/node-client.ts";
import { connect, hear, openTapped, readAll, type Heard } from "../support/tapped-server.ts";

function sha256(chunks: readonly Uint8Array[]): string {
  const hash = createHash("sha256");
  for (const chunk of chunks) hash.update(chunk);
  return hash.digest("hex");
}

describe("a tapped server", () => {
  it("hears exactly what is on the wire", async () => {
    await using tapped = await openTapped(true);
    tapped.server.on("secureConnection", (socket) => socket.end(randomBytes(50_000)));
    const wire: Record<"in" | "out", Buffer[]> = { in: [], out: [] };
    const relay = net.createServer({ allowHalfOpen: true }, (client) => {
      const upstream = net.connect({ port: tapped.port, host: "127.0.0.1", allowHalfOpen: true });
      client.on("data", (chunk: Buffer) => wire.in.push(chunk));
      upstream.on("data", (chunk: Buffer) => wire.out.push(chunk));
      client.pipe(upstream).pipe(client);
    });
    relay.listen(0, "127.0.0.1");
    await once(relay, "listening");
    const outcome = await connectOnce({ port: (relay.address() as AddressInfo).port, eager: "hello" });
    assert.equal(outcome.error, null);
    const [heard] = tapped.heard;
    assert.ok(heard);
    assert.equal(sha256(heard.out), sha256(wire.out));
    assert.equal(sha256(heard.in), sha256(wire.in));
    relay.close();
  });

  for (const maxVersion of ["TLSv1.3", "TLSv1.2"] as const) {
    for (const allowHalfOpen of [true, false]) {
      it(`ends each half as an untapped one does (${maxVersion}, allowHalfOpen ${allowHalfOpen})`, async () => {
        const outcomes = [];
        for (const isTapped of [false, true]) {
          await using each = await openTapped(isTapped, { allowHalfOpen });
          const events: string[] = [];
          each.server.on("secureConnection", (socket) => {
            assert.equal(socket.allowHalfOpen, allowHalfOpen);
            socket.on("end", () => events.push("end"));
            socket.on("close", (hadError) => events.push(`close ${hadError}`));
            socket.on("data", (chunk: Buffer) => {
              events.push(chunk.toString());
              socket.write("answer");
            });
            socket.on("end", () => allowHalfOpen && setImmediate(() => socket.end(" and more")));
          });
          const socket = connect(each.port, { maxVersion, allowHalfOpen: true });
          socket.end("question");
          const received = await readAll(socket);
          outcomes.push({ events, received: received.toString() });
        }
        assert.deepEqual(outcomes[1], outcomes[0]);
        assert.equal(outcomes[0]?.received, allowHalfOpen ? "answer and more" : "answer");
      });
    }
  }

  it("tells a reset as an untapped one does, before and after the handshake", async () => {
    const outcomes = [];
    const heard: Heard[] = [];
    for (const isTapped of [false, true]) {
      await using each = await openTapped(isTapped);
      const events: string[] = [];
      each.server.on("tlsClientError", (error: NodeJS.ErrnoException) =>
        events.push(`client error ${error.code}`),
      );
      each.server.on("secureConnection", (socket) => {
        socket.on("error", (error: NodeJS.ErrnoException) => events.push(`error ${error.code}`));
        socket.on("end", () => events.push("end"));
        socket.write("go");
        socket.resume();
      });
      const early = net.connect(each.port, "127.0.0.1");
      early.write(Buffer.from("16030100ff", "hex"));
      await once(each.server, "connection");
      early.resetAndDestroy();
      await once(each.server, "tlsClientError");
      const raw = net.connect(each.port, "127.0.0.1");
      const late = connect(each.port, { socket: raw });
      const served = once(each.server, "secureConnection");
      await once(late, "data");
      raw.resetAndDestroy();
      const [socket] = (await served) as [tls.TLSSocket];
      if (!socket.closed) await closed(socket);
      outcomes.push(events);
      heard.push(...each.heard);
    }
    assert.deepEqual(outcomes[1], outcomes[0]);
    assert.deepEqual(outcomes[0], ["client error ECONNRESET", "error ECONNRESET"]);
    const resets = heard.map(({ ends }) => ends);
    assert.deepEqual(
      resets,
      Array.from({ length: 2 }, () => ["reset of the client", "close: reset"]),
    );
  });

  it("tells both ends of a connection as an untapped one does", async () => {
    const told: unknown[] = [];
    for (const isTapped of [false, true]) {
      await using each = await openTapped(isTapped);
      each.server.on("secureConnection", (socket) => {
        const { remoteAddress, remoteFamily, localAddress, localPort, localFamily } = socket;
        assert.equal(typeof socket.remotePort, "number");
        assert.equal(localPort, each.port);
        assert.equal(socket.setNoDelay(true).setKeepAlive(true).unref().ref(), socket);
        told.push({ remoteAddress, remoteFamily, localAddress, localFamily, ...socket.address(), port: 0 });
        socket.end();
      });
      await connectOnce({ port: each.port });
    }
    assert.deepEqual(told[1], told[0]);
  });

  it("tells the address of a client that speaks no TLS", async () => {
    await using tapped = await openTapped(true);
    const failed = once(tapped.server, "tlsClientError");
    net.connect(tapped.port, "127.0.0.1").end("GET / HTTP/1.1\r\n\r\n").resume();
    const [, socket] = (await failed) as [Error, tls.TLSSocket];
    assert.equal(socket.remoteAddress, "127.0.0.1");
  });

  it("takes streams that are no sockets", async () => {
    await using tapped = await openTapped(true);
    tapped.server.on("secureConnection", (socket) => socket.end("hello"));
    const front = net.createServer((socket) => {
      tapped.server.emit("connection", new PassThrough().compose(socket));
    });
    front.listen(0, "127.0.0.1");
    await once(front, "listening");
    const outcome = await connectOnce({ port: (front.address() as AddressInfo).port });
    assert.equal(outcome.received, "hello");
    assert.ok((tapped.heard[0]?.in.length ?? 0) > 0);
    front.close();
  });

  it("taps so many of the connections as it is told to, evenly", async () => {
    await using untapped = await openTapped(false);
    const { server, port } = untapped;
    server.on("secureConnection", (socket) => socket.end());
    const ids: string[] = [];
    tapServer(server, { sample: 0.25, onConnection: ({ id }) => hear([], id) });
    const emitted: string[] = [];
    server.prependListener("connection", (raw: net.Socket) => emitted.push(raw.constructor.name));
    for (let number = 0; number < 8; number++) ids.push((await connectOnce({ port })).received);
    assert.equal(emitted.join(" "), "Socket Socket Socket Tap Socket Socket Socket Tap");
  });

  it("is left as it is when none are to be tapped", async () => {
    await using untapped = await openTapped(false);
    tapServer(untapped.server, { sample: 0, onConnection: () => assert.fail() });
    assert.ok(!Object.hasOwn(untapped.server, "emit"));
    assert.equal(untapped.server.listenerCount("keylog"), 0);
  });
});
