import assert from "node:assert/strict";
import { once } from "node:events";
import http2 from "node:http2";
import https from "node:https";
import { describe, it } from "node:test";
import tls from "node:tls";
import { closed } from "../support/closed.ts";
import { identity, type TestIdentity } from "../support/identities.ts";
import { connectOnce } from "../support/node-client.ts";
import { greet, openScene, type Scene } from "../support/scene.ts";

describe("revoking a key", async () => {
  const [client, other] = await Promise.all([identity("client"), identity("other")]);

  for (const maxVersion of ["TLSv1.3", "TLSv1.2"] as const) {
    it(`cuts its connections, and nobody else's (${maxVersion})`, async () => {
      await using scene = await openScene();
      scene.server.on("secureConnection", (socket) => socket.on("error", () => undefined).resume());
      const sockets: tls.TLSSocket[] = [];
      for (const who of [client, client, other]) sockets.push(await connected(scene, who, maxVersion));
      const cut = Promise.all(sockets.slice(0, 2).map(closed));
      await scene.operator.revoke("client");
      await cut;
      assert.equal(sockets[2]?.destroyed, false);
      assert.deepEqual(
        [...scene.guard.connections].map(({ peer }) => peer?.name),
        ["other"],
      );
      assert.equal(scene.guard.stats.revoked, 2);
      sockets[2]?.destroy();
    });
  }

  it("cuts an HTTP/1.1 connection in the middle of its response", async () => {
    await using scene = await openScene({ kind: "https" });
    scene.server.on("request", (_request, response) => response.write("one"));
    const request = https.get({ ...reach(scene), ...client, agent: false });
    const [response] = await once(request, "response");
    const failed = once(response, "error");
    response.resume();
    await scene.operator.revoke("client");
    assert.equal((await failed)[0].code, "ECONNRESET");
  });

  it("cuts an HTTP/2 session with its streams", async () => {
    await using scene = await openScene({ kind: "http2" });
    scene.server.on("stream", (stream) => {
      stream.on("error", () => undefined);
      stream.respond({ ":status": 200 });
      stream.write("one");
    });
    const session = http2.connect(`https://127.0.0.1:${scene.port}`, {
      ...client,
      rejectUnauthorized: false,
    });
    session.on("error", () => undefined);
    const streams = [session.request(), session.request()];
    const cut = Promise.all(streams.map((stream) => closed(stream.resume())));
    await Promise.all(streams.map((stream) => once(stream, "response")));
    await scene.operator.revoke("client");
    await cut;
    assert.equal(session.destroyed, true);
    assert.equal([...scene.guard.connections].length, 0);
  });

  it("cuts an upgraded connection", async () => {
    await using scene = await openScene({ kind: "https" });
    scene.server.on("upgrade", (_request, socket) => {
      socket.on("error", () => undefined);
      socket.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n");
      socket.pipe(socket);
    });
    const headers = { Connection: "Upgrade", Upgrade: "echo" };
    const request = https.get({ ...reach(scene), ...client, agent: false, headers });
    const [, socket] = await once(request, "upgrade");
    socket.on("error", () => undefined);
    socket.write("ping");
    assert.equal(String(await once(socket, "data")), "ping");
    const cut = closed(socket);
    await scene.operator.revoke("client");
    await cut;
  });

  it("makes tickets worthless though none of its connections is open", async () => {
    await using scene = await openScene();
    greet(scene.server);
    const mine = await connectOnce({ port: scene.port, identity: client });
    const theirs = await connectOnce({ port: scene.port, identity: other });
    assert(mine.session && theirs.session);
    await scene.operator.revoke("client");
    const refused = await connectOnce({ port: scene.port, identity: client, session: mine.session });
    assert.deepEqual([refused.alert, refused.resumed], [44, false]);
    const admitted = await connectOnce({ port: scene.port, identity: other, session: theirs.session });
    assert.deepEqual([admitted.received, admitted.resumed], ["hello", false]);
  });

  it("does the same to a key that is set aside, which waits then", async () => {
    await using scene = await openScene();
    greet(scene.server);
    scene.server.on("secureConnection", (socket) => socket.on("error", () => undefined).resume());
    const mine = await connectOnce({ port: scene.port, identity: client });
    assert(mine.session);
    const socket = await connected(scene, client, "TLSv1.3");
    const cut = closed(socket);
    await scene.operator.setAside("client");
    await cut;
    assert.equal(scene.guard.stats.cut["set-aside"], 1);
    const refused = await connectOnce({ port: scene.port, identity: client, session: mine.session });
    assert.deepEqual([refused.alert, refused.resumed], [49, false]);
  });

  it("leaves everybody's tickets alone when the key never had one", async () => {
    await using scene = await openScene();
    greet(scene.server);
    const { session } = await connectOnce({ port: scene.port, identity: client });
    assert(session);
    await scene.operator.import(other.facts);
    await scene.operator.revoke("other");
    assert.equal((await connectOnce({ port: scene.port, identity: client, session })).resumed, true);
  });

  it("leaves a connection alone whose key changed and is still trusted", async () => {
    await using scene = await openScene();
    const socket = await connected(scene, client, "TLSv1.3");
    await scene.operator.rename("client", "renamed");
    assert.equal(await stillOpen(scene, socket), true);
    socket.destroy();
  });
});

describe("a key that fell and is trusted again before anybody looked", async () => {
  const [client, other] = await Promise.all([identity("client"), identity("other")]);
  const falls: readonly (readonly [string, (scene: Scene) => Promise<unknown>])[] = [
    ["revoked", ({ operator }) => twice(operator.revoke("client"), operator.approve(client.facts.pin))],
    ["ignored", ({ operator }) => twice(operator.ignore("client"), operator.approve(client.facts.pin))],
    ["forgotten", ({ operator }) => twice(operator.forget("client"), operator.import(client.facts))],
    [
      "approved until a moment that is past",
      ({ operator }) =>
        twice(operator.approve(client.facts.pin, { expires: 1 }), operator.approve(client.facts.pin)),
    ],
  ];
  for (const [name, fall] of falls) {
    it(`loses its connections and its tickets: ${name}`, async () => {
      await using scene = await openScene();
      greet(scene.server);
      const { session } = await connectOnce({ port: scene.port, identity: client });
      assert(session);
      scene.server.removeAllListeners("secureConnection");
      scene.server.on("secureConnection", (socket) => socket.on("error", () => undefined).resume());
      const [inside, stays] = [
        await connected(scene, client, "TLSv1.3"),
        await connected(scene, other, "TLSv1.3"),
      ];
      const cut = closed(inside);
      await fall(scene);
      await cut;
      assert.equal(scene.trust.isTrusted(client.facts.pin), true);
      greet(scene.server);
      const again = await connectOnce({ port: scene.port, identity: client, session });
      assert.deepEqual([again.received, again.resumed], ["hello", false]);
      assert.equal(stays.destroyed, false);
      stays.destroy();
    });
  }
});

/** Two changes of which nobody hears before both are written. */
async function twice(...changes: readonly Promise<unknown>[]): Promise<void> {
  await Promise.all(changes);
}

function reach({ port }: Scene): https.RequestOptions {
  return { host: "127.0.0.1", port, rejectUnauthorized: false };
}

async function connected(
  scene: Scene,
  who: TestIdentity,
  maxVersion: tls.SecureVersion,
): Promise<tls.TLSSocket> {
  const handedOver = once(scene.server, "secureConnection");
  const { key, cert } = who;
  const socket = tls.connect({
    host: "127.0.0.1",
    port: scene.port,
    key,
    cert,
    rejectUnauthorized: false,
    maxVersion,
  });
  socket.on("error", () => undefined);
  socket.resume();
  await handedOver;
  return socket;
}

/** Another connection goes all the way in between, so that whatever had to be cut is. */
async function stillOpen(scene: Scene, socket: tls.TLSSocket): Promise<boolean> {
  greet(scene.server);
  await connectOnce({ port: scene.port, identity: await identity("bystander") });
  return !socket.destroyed && [...scene.guard.connections].some(({ peer }) => peer?.name === "client");
}
