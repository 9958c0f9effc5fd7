import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import net from "node:net";
import { describe, it } from "node:test";
import tls from "node:tls";
import { until } from "../cli/support/serve.ts";
import { beforeItRunsOut } from "../support/before-it-runs-out.ts";
import { closed } from "./support/closed.ts";
import { identity } from "./support/identities.ts";
import { connectOnce } from "./support/node-client.ts";
import { greet, openScene, type Scene } from "./support/scene.ts";
import { refusing } from "./support/verdicts.ts";

describe("a guarded server", async () => {
  const client = await identity("client");

  for (const kind of ["tls", "https", "http2"] as const) {
    it(`outlives garbage, and clients that leave at any moment (${kind})`, async () => {
      await using scene = await openScene({ kind });
      await Promise.all([
        garbage(scene, Buffer.alloc(0)),
        garbage(scene, randomBytes(10_000)),
        garbage(scene, Buffer.from("GET / HTTP/1.1\r\n\r\n")),
        garbage(scene, Buffer.from("160301ffff", "hex")),
        ...Array.from({ length: 30 }, (_, index) => resetAfter(scene, index * 100)),
      ]);
      await settled(scene);
      assert.equal(scene.guard.handshakes, 0);
      assert.equal([...scene.guard.connections].length, 0);
      if (kind === "tls") greet(scene.server);
      else scene.server.on("request", (_request, response) => response.end("hello"));
      const eager = kind === "tls" ? "" : "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
      const outcome = await connectOnce({ port: scene.port, identity: client, eager });
      assert.match(outcome.received, /hello$/);
    });
  }

  it("outlives refused clients that reset instead of reading", async () => {
    await using scene = await openScene({ through: refusing("revoked") });
    await Promise.all(Array.from({ length: 30 }, (_, index) => resetAfter(scene, index * 100)));
    await settled(scene);
    assert.equal(scene.guard.handshakes, 0);
    assert.equal((await connectOnce({ port: scene.port, identity: client })).alert, 44);
  });

  it("ends handshakes that take too long", async () => {
    await using scene = await openScene({ handshakeTimeoutMs: 40 });
    const silent = net.connect(scene.port, "127.0.0.1");
    silent.on("error", () => undefined);
    const since = performance.now();
    silent.resume();
    await closed(silent);
    assert(performance.now() - since >= 30);
    assert.equal(scene.guard.stats.timedOut, 1);
    assert.equal(scene.guard.handshakes, 0);
  });

  it("leaves an admitted connection in peace after the handshake timeout", async () => {
    await using done = await beforeItRunsOut(1500, async (attempt) => {
      const scene = attempt.use(await openScene({ handshakeTimeoutMs: attempt.forMs }));
      const admitted = new Promise<tls.TLSSocket>((resolve) => scene.server.on("secureConnection", resolve));
      attempt.runsOutAt(Date.now() + attempt.forMs);
      const outcome = connectOnce({ port: scene.port, identity: client });
      const socket = await Promise.race([
        admitted,
        outcome.then(() => assert.fail("the handshake has ended")),
      ]);
      return { scene, socket, outcome };
    });
    // Whoever came later, and says nothing, is ended by that deadline: the former one's would have passed before.
    await closed(net.connect(done.scene.port, "127.0.0.1").resume());
    done.socket.end("late");
    assert.equal((await done.outcome).received, "late");
  });

  it("drops the oldest handshake when there are too many, so that newcomers get in", async () => {
    await using scene = await openScene({ maxHandshakes: 3 });
    greet(scene.server);
    const silent: net.Socket[] = [];
    for (let count = 0; count < 3; count++) {
      const socket = net.connect(scene.port, "127.0.0.1");
      socket.on("error", () => undefined).resume();
      await once(scene.server, "connection");
      silent.push(socket);
    }
    const dropped = closed(silent[0] ?? assert.fail());
    assert.equal((await connectOnce({ port: scene.port, identity: client })).received, "hello");
    await dropped;
    assert.deepEqual(
      silent.map((socket) => socket.closed),
      [true, false, false],
    );
    assert.equal(scene.guard.stats.dropped, 1);
    for (const socket of silent) socket.destroy();
  });

  it("cuts a refused client that goes on sending", async () => {
    await using scene = await openScene({ through: refusing("revoked") });
    const { key, cert } = client;
    const socket = tls.connect({ port: scene.port, key, cert, rejectUnauthorized: false });
    socket.on("error", () => undefined);
    socket.on("secureConnect", () => {
      for (let chunk = 0; chunk < 64; chunk++) socket.write(Buffer.alloc(65_536));
    });
    socket.pause();
    await closed(socket);
    await settled(scene);
    assert.equal(scene.guard.stats.refused, 1);
  });
});

/** Sends bytes that are no TLS, and waits until the server had enough. */
async function garbage(scene: Scene, bytes: Buffer): Promise<void> {
  const socket = net.connect(scene.port, "127.0.0.1");
  socket.on("error", () => undefined).resume();
  socket.end(bytes);
  await closed(socket);
}

/** Resets the connection once the client has received so many bytes, or finished its handshake. */
async function resetAfter({ port }: Scene, received: number): Promise<void> {
  const { key, cert } = await identity("hasty");
  const raw = net.connect(port, "127.0.0.1");
  const socket = tls.connect({ socket: raw, key, cert, rejectUnauthorized: false });
  raw.on("error", () => undefined);
  socket.on("error", () => undefined);
  const reset = (): void => void raw.resetAndDestroy();
  if (received === 0) raw.on("connect", reset);
  const watch = setInterval(() => raw.bytesRead >= received && reset(), 0);
  socket.on("secureConnect", reset);
  await closed(raw);
  clearInterval(watch);
}

/** Resets arrive when they arrive. */
async function settled({ guard }: Scene): Promise<void> {
  await until(() => guard.handshakes === 0 && [...guard.connections].length === 0);
}
