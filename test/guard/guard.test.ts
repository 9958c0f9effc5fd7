import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";
import { describe, it } from "node:test";
import tls from "node:tls";
import { isHandclaspError } from "../../src/errors.ts";
import { guard } from "../../src/guard/guard.ts";
import { peerOf } from "../../src/guard/connection/peer-of.ts";
import { closed } from "./support/closed.ts";
import { identity } from "./support/identities.ts";
import { connectOnce } from "./support/node-client.ts";
import { greet, openScene } from "./support/scene.ts";
import { altered } from "./support/verdicts.ts";

describe("guard", async () => {
  const [client, rival] = await Promise.all([identity("client"), identity("client")]);

  it("gates listeners that are added later, and asks for a certificate though the server did not", async () => {
    await using scene = await openScene({ server: { requestCert: false } });
    let reached = 0;
    scene.server.prependListener("secureConnection", () => (reached += 1));
    scene.server.once("secureConnection", () => (reached += 1));
    assert.equal((await connectOnce({ port: scene.port })).alert, 116);
    assert.equal(reached, 0);
    greet(scene.server);
    assert.equal((await connectOnce({ port: scene.port, identity: client })).received, "hello");
    assert.equal(reached, 2);
  });

  it("refuses a second key for a name, and keeps letting the first one in", async () => {
    await using scene = await openScene();
    greet(scene.server);
    assert.equal((await connectOnce({ port: scene.port, identity: client })).received, "hello");
    assert.equal((await connectOnce({ port: scene.port, identity: rival })).alert, 46);
    assert.equal((await connectOnce({ port: scene.port, identity: client })).received, "hello");
  });

  it("lets one of two rivals for a name in when they come at once", async () => {
    for (let round = 0; round < 20; round++) {
      await using scene = await openScene();
      greet(scene.server);
      const outcomes = await Promise.all(
        [client, rival].map((each) => connectOnce({ port: scene.port, identity: each })),
      );
      const told = outcomes.map(({ alert, received }) => alert ?? received);
      assert.deepEqual(new Set(told), new Set([46, "hello"]));
    }
  });

  for (const [name, days] of [
    ["expired", -1],
    ["not yet valid", 30],
  ] as const) {
    it(`enforces the dates of a trusted key's certificate: ${name}`, async () => {
      const now = new Date(Date.now() + days * 24 * 3600 * 1000);
      const dated = await identity("dated", { now, days: 0.5 });
      await using scene = await openScene();
      await scene.operator.import(dated.facts);
      assert.equal((await connectOnce({ port: scene.port, identity: dated })).alert, 45);
    });
  }

  it("fails closed when judging throws", async () => {
    await using scene = await openScene({
      through: (trust) =>
        altered(trust, {
          judge() {
            throw new Error("broken");
          },
        }),
    });
    greet(scene.server);
    const outcome = await connectOnce({ port: scene.port, identity: client });
    assert.deepEqual([outcome.alert, outcome.received], [80, ""]);
  });

  it("hands each key's live connections to trust, and takes them back", async () => {
    const opened: unknown[] = [];
    const ended: string[] = [];
    await using scene = await openScene({
      through: (trust) =>
        altered(trust, {
          journal: {
            seen: () => undefined,
            refused: () => undefined,
            opened: ({ id, pin, peer, remoteAddress, since }) =>
              void opened.push({ id, pin, peer, remoteAddress, since }),
            closed: (id) => void ended.push(id),
          },
        }),
    });
    let seen: string | undefined;
    scene.server.on("secureConnection", (socket) => (seen = peerOf(socket)?.connection));
    greet(scene.server);
    await connectOnce({ port: scene.port, identity: client });
    while (ended.length === 0) await new Promise((resolve) => setImmediate(resolve));
    const [{ since, ...connection }] = opened as [{ since: number }];
    assert.deepEqual(connection, {
      id: seen,
      pin: client.facts.pin,
      peer: "client",
      remoteAddress: "127.0.0.1",
    });
    assert(Math.abs(since - Date.now()) < 60_000);
    assert.deepEqual(ended, [seen]);
  });

  it("believes where a proxy says a connection came from", async () => {
    const addresses: (string | undefined)[] = [];
    await using scene = await openScene({
      remoteAddressOf: () => "203.0.113.7",
      through: (trust) =>
        altered(trust, {
          judge(showing) {
            addresses.push(showing.remoteAddress);
            return trust.judge(showing);
          },
        }),
    });
    greet(scene.server);
    await connectOnce({ port: scene.port, identity: client });
    assert.deepEqual(addresses, ["203.0.113.7"]);
  });

  it("counts what it did", async () => {
    await using scene = await openScene({ clientCertificate: "optional" });
    greet(scene.server);
    for (const each of [client, client, rival, undefined]) {
      await connectOnce({ port: scene.port, identity: each });
    }
    const { accepted, admitted, anonymous, refused } = scene.guard.stats;
    assert.deepEqual([accepted, admitted, anonymous, refused], [4, 2, 1, 1]);
  });

  it("ends all connections when it is closed, and lets no other one through", async () => {
    await using scene = await openScene();
    const handedOver = once(scene.server, "secureConnection");
    const { key, cert } = client;
    const socket = tls.connect({ port: scene.port, key, cert, rejectUnauthorized: false });
    const silent = net.connect(scene.port, "127.0.0.1");
    const ends = Promise.all([closed(socket.resume()), closed(silent.resume())]);
    await handedOver;
    let reached = 0;
    scene.server.on("secureConnection", () => (reached += 1));
    scene.guard.close();
    await ends;
    const late = await connectOnce({ port: scene.port, identity: client });
    assert.deepEqual([late.alert, late.received, reached], [null, "", 0]);
  });

  it("warns when it comes after the server listened, and of a server with CAs of its own", async () => {
    await using scene = await openScene();
    const { key, cert } = client;
    const late = tls.createServer({ key, cert }).listen(0, "127.0.0.1");
    await once(late, "listening");
    const [isLate, hasCa] = [warned("HANDCLASP_LATE_GUARD"), warned("HANDCLASP_CA")];
    guard(late, scene.trust);
    guard(tls.createServer({ key, cert, ca: cert }), scene.trust);
    await Promise.all([isLate, hasCa]);
    late.close();
  });

  it("guards a server only once, and takes no nonsense for an option", async () => {
    await using scene = await openScene();
    const refused = (server: tls.Server, options: object): void => {
      assert.throws(
        () => guard(server, scene.trust, options),
        (error) => isHandclaspError(error, "ERR_HANDCLASP_OPTION"),
      );
    };
    refused(scene.server, {});
    refused(tls.createServer(), { clientCertificate: "maybe" });
    refused(tls.createServer(), { trustCa: "all" });
    refused(tls.createServer(), { handshakeTimeoutMs: 0 });
    refused(tls.createServer(), { maxHandshakes: 1.5 });
  });
});

/** Resolves when this process is warned of something. */
function warned(code: string): Promise<void> {
  return new Promise((resolve) => {
    const onWarning = (warning: Error & { code?: string }): void => {
      if (warning.code !== code) return;
      process.off("warning", onWarning);
      resolve();
    };
    process.on("warning", onWarning);
  });
}
