import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import net from "node:net";
import { describe, it } from "node:test";
import tls from "node:tls";
import { FILE_PATIENCE_MS } from "../../support/patience.ts";
import { successorOf, successorsOf } from "../../support/successor.ts";
import { closed } from "../support/closed.ts";
import {
  constrainedChain,
  costlyChain,
  longExponentAuthority,
  ordinaryAuthority,
} from "../support/costly-chain.ts";
import { identity, type TestIdentity } from "../support/identities.ts";
import { connectOnce } from "../support/node-client.ts";
import { openRelay } from "../support/relay.ts";
import { greet, openScene, type Scene } from "../support/scene.ts";

const BAD_CERTIFICATE = 42;
const UNSUPPORTED_CERTIFICATE = 43;
const VERSIONS = ["TLSv1.3", "TLSv1.2"] as const;

describe("what a client sends until its handshake is over", async () => {
  const authority = ordinaryAuthority();
  const [known, threeIssuers, fourIssuers] = [
    await identity("known"),
    costlyChain(authority, 3),
    costlyChain(authority, 4),
  ];

  for (const maxVersion of VERSIONS) {
    it(`may hold four certificates, and no more when it is long (${maxVersion})`, async () => {
      await using scene = await openScene();
      greet(scene.server);
      const four = await connectOnce({ port: scene.port, identity: threeIssuers, maxVersion });
      const five = await connectOnce({ port: scene.port, identity: fourIssuers, maxVersion });
      assert.deepEqual([four.received, five.alert], ["hello", BAD_CERTIFICATE]);
    });

    it(`may come byte by byte (${maxVersion})`, async () => {
      await using scene = await openScene({ handshakeTimeoutMs: FILE_PATIENCE_MS });
      greet(scene.server);
      await using relay = await openRelay(scene.port);
      const outcomes = await Promise.all(
        [known, threeIssuers, fourIssuers].map((each) =>
          connectOnce({ port: relay.port, identity: each, maxVersion }),
        ),
      );
      assert.deepEqual(
        outcomes.map(({ alert, received }) => alert ?? received),
        ["hello", "hello", BAD_CERTIFICATE],
      );
    });

    it(`may have any amount of data in the same read behind it (${maxVersion})`, async () => {
      await using scene = await openScene();
      const sent = randomBytes(1_000_000);
      for (const each of [known, threeIssuers]) {
        const [digest, resumedDigest] = await digests(scene, each, sent, maxVersion);
        assert.deepEqual([digest, resumedDigest], [digestOf(sent), digestOf(sent)]);
      }
    });
  }

  it("may be as long as our own largest identity is, with a ticket of it that is worth nothing any more", async () => {
    await using scene = await openScene();
    greet(scene.server);
    const largest = (await successorsOf(await identity("anna", { type: "ml-dsa-87" }), 4)).at(-1);
    const session = await ticketOf(scene, largest ?? assert.fail());
    assert.ok(session.length > 32 * 1024);
    const again = await connectOnce({ port: scene.port, identity: largest, session });
    assert.deepEqual([again.received, again.resumed], ["hello", true]);
    scene.server.setTicketKeys(randomBytes(48));
    const anew = await connectOnce({ port: scene.port, identity: largest, session });
    assert.deepEqual([anew.received, anew.resumed], ["hello", false]);
  });

  it("may be as long as the largest endorsement makes it in TLS 1.2", async () => {
    await using scene = await openScene();
    greet(scene.server);
    const old = (await successorsOf(await identity("anna", { type: "ml-dsa-87" }), 3)).at(-1);
    const last = await successorOf(old ?? assert.fail(), { type: "p256" });
    const outcome = await connectOnce({ port: scene.port, identity: last, maxVersion: "TLSv1.2" });
    assert.equal(outcome.received, "hello");
  });

  it("may begin with a second ClientHello", async () => {
    await using scene = await openScene({ server: { ecdhCurve: "P-384" } });
    greet(scene.server);
    for (const each of [known, threeIssuers]) {
      const outcome = await connectOnce({ port: scene.port, identity: each, ecdhCurve: "P-256:P-384" });
      assert.equal(outcome.received, "hello");
    }
  });

  it("is refused for an issuer whose key is out of bounds, however few there are", async () => {
    await using scene = await openScene();
    const chain = costlyChain(longExponentAuthority(), 2);
    for (const maxVersion of VERSIONS) {
      const { alert } = await connectOnce({ port: scene.port, identity: chain, maxVersion });
      assert.equal(alert, UNSUPPORTED_CERTIFICATE);
    }
  });

  it("is refused for many names under many constraints, and for neither alone", async () => {
    await using scene = await openScene();
    greet(scene.server);
    for (const maxVersion of VERSIONS) {
      const outcomes: unknown[] = [];
      for (const [names, constraints] of [
        [1900, 550],
        [1900, 0],
        [10, 300],
      ] as const) {
        const chain = constrainedChain(authority, names, constraints);
        const { alert, received } = await connectOnce({ port: scene.port, identity: chain, maxVersion });
        outcomes.push(alert ?? received);
      }
      assert.deepEqual(outcomes, [BAD_CERTIFICATE, "hello", "hello"]);
    }
  });

  it("may be followed by much while the server's session store has not answered yet", async () => {
    await using scene = await openScene();
    scene.server.on("newSession", (_id, _data, stored: () => void) => void setTimeout(stored, 200));
    const sent = randomBytes(20_000);
    const received = receive(scene);
    const socket = tls.connect({
      host: "127.0.0.1",
      port: scene.port,
      rejectUnauthorized: false,
      maxVersion: "TLSv1.2",
      key: known.key,
      cert: known.cert,
    });
    socket.on("error", () => undefined);
    socket.end(sent);
    assert.equal(await received, digestOf(sent));
    socket.destroy();
  });

  it("ends with the client, whatever it said before", async () => {
    await using scene = await openScene();
    const whole = await recorded(scene, known);
    for (const length of [0, 1, 4, 8, 9, whole.length - 1, whole.length]) {
      const socket = net.connect({ port: scene.port, host: "127.0.0.1", allowHalfOpen: true });
      socket.on("error", () => undefined).resume();
      socket.end(whole.subarray(0, length));
      await closed(socket);
    }
    assert.equal(scene.guard.handshakes, 0);
  });

  it("is asked about behind the back of the server's listeners", async () => {
    await using scene = await openScene();
    const errors: unknown[] = [];
    scene.server.on("tlsClientError", (error) => errors.push(error.message));
    greet(scene.server);
    await connectOnce({ port: scene.port, identity: known });
    await connectOnce({ port: scene.port, identity: fourIssuers });
    assert.deepEqual(errors, []);
    const socket = net.connect(scene.port, "127.0.0.1");
    socket.on("error", () => undefined).resume();
    socket.end("GET / HTTP/1.1\r\n\r\n");
    await closed(socket);
    assert.equal(errors.length, 1);
    assert.match(String(errors[0]), /http request/);
  });
});

/** The first bytes of a client. */
async function recorded({ port }: Scene, { key, cert }: TestIdentity): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const relay = net.createServer((client) => {
    client.once("data", (chunk: Buffer) => {
      chunks.push(chunk);
      client.destroy();
    });
  });
  relay.listen(0, "127.0.0.1");
  await once(relay, "listening");
  assert.ok(port > 0);
  const to = (relay.address() as net.AddressInfo).port;
  const socket = tls.connect({ host: "127.0.0.1", port: to, key, cert });
  socket.on("error", () => undefined);
  await closed(socket);
  relay.close();
  return Buffer.concat(chunks);
}

/** A session that Node's event does not give, for its size. */
async function ticketOf({ port }: Scene, { key, cert }: TestIdentity): Promise<Buffer> {
  const socket = tls.connect({ host: "127.0.0.1", port, rejectUnauthorized: false, key, cert });
  await once(socket, "data");
  const session = socket.getSession();
  socket.destroy();
  return session ?? assert.fail();
}

/** What arrives when a client sends at once, first in a full handshake, then in a resumed one. */
async function digests(
  scene: Scene,
  { key, cert }: TestIdentity,
  sent: Buffer,
  maxVersion: (typeof VERSIONS)[number],
): Promise<readonly string[]> {
  const arrived: string[] = [];
  let session: Buffer | undefined;
  for (const isResumed of [false, true]) {
    const received = receive(scene);
    const socket = tls.connect({
      host: "127.0.0.1",
      port: scene.port,
      rejectUnauthorized: false,
      maxVersion,
      key,
      cert,
      ...(session !== undefined && { session }),
    });
    let wasResumed = false;
    socket.on("secureConnect", () => (wasResumed = socket.isSessionReused()));
    socket.on("session", (ticket) => (session ??= ticket));
    socket.on("error", () => undefined).resume();
    socket.end(sent);
    arrived.push(await received);
    await closed(socket);
    assert.equal(wasResumed, isResumed);
  }
  return arrived;
}

/** The digest of what the next client sends. */
async function receive({ server }: Scene): Promise<string> {
  const [socket] = (await once(server, "secureConnection")) as [tls.TLSSocket];
  const hash = createHash("sha256");
  socket.on("error", () => undefined);
  socket.on("data", (chunk: Buffer) => hash.update(chunk));
  await once(socket, "end");
  socket.end();
  return hash.digest("hex");
}

function digestOf(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}
