import assert from "node:assert/strict";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import { describe, it } from "node:test";
import type { ChannelMessages } from "../../src/guard/channels.ts";
import type { Operator } from "../../src/operator/operator.ts";
import type { CertificateFacts } from "../../src/x509/certificate-facts.ts";
import { Peer } from "../../src/guard/connection/peer.ts";
import { successorOf } from "../support/successor.ts";
import { identity } from "./support/identities.ts";
import { connectOnce } from "./support/node-client.ts";
import { greet, openScene } from "./support/scene.ts";
import { office } from "./support/trusted-client.ts";
import { altered } from "./support/verdicts.ts";

describe("the diagnostics channels", async () => {
  const [client, rival] = await Promise.all([identity("client"), identity("client")]);

  it("tell who was met, recognised, refused and revoked", async () => {
    using told = listen("handclasp:met", "handclasp:recognised", "handclasp:refused", "handclasp:revoked");
    await using scene = await openScene();
    scene.server.on("secureConnection", (socket) => socket.on("error", () => undefined).resume());
    greet(scene.server);
    await connectOnce({ port: scene.port, identity: client });
    await connectOnce({ port: scene.port, identity: client });
    await connectOnce({ port: scene.port, identity: rival });
    await connectOnce({ port: scene.port });
    scene.server.removeAllListeners("secureConnection");
    const handedOver = once(scene.server, "secureConnection");
    const cut = connectOnce({ port: scene.port, identity: client });
    await handedOver;
    await scene.operator.revoke("client");
    await cut;
    const names = told.messages.map(({ name }) => name);
    assert.deepEqual(
      names.map((name) => name.slice("handclasp:".length)),
      ["met", "recognised", "refused", "refused", "recognised", "revoked"],
    );
    const [met, recognised, conflict, bare, , revoked] = told.messages.map(({ message }) => message);
    assert(met && recognised && conflict && bare && revoked);
    assert("peer" in met && typeof met.peer === "object" && met.peer?.name === "client");
    assert.equal(met.server, scene.server);
    assert.equal(met.remoteAddress, "127.0.0.1");
    assert("alert" in conflict && "alert" in bare);
    assert.deepEqual(
      [conflict.reason, conflict.alert, conflict.pin, conflict.peer, conflict.conflictsWith],
      ["key-changed", "certificate_unknown", rival.facts.pin, "client", client.facts.pin],
    );
    assert(conflict.certificate);
    assert.deepEqual(Buffer.from(conflict.certificate), Buffer.from(rival.facts.der));
    assert.deepEqual([bare.reason, bare.pin, bare.certificate], ["no-certificate", null, undefined]);
    assert("peer" in revoked && typeof revoked.peer === "object" && revoked.peer?.pin === client.facts.pin);
    assert.equal(new Set(told.messages.map(({ message }) => message.connection)).size, 5);
  });

  it("say what the server is called, where its guard was told", async () => {
    using told = listen("handclasp:met", "handclasp:refused", "handclasp:revoked");
    for (const options of [{ listener: "web" }, {}]) {
      await using scene = await openScene(options);
      const handedOver = once(scene.server, "secureConnection");
      const cut = connectOnce({ port: scene.port, identity: client });
      const [socket] = await handedOver;
      socket.on("error", () => undefined).resume();
      await connectOnce({ port: scene.port });
      await scene.operator.revoke("client");
      await cut;
      await scene.trust.flush();
      const { items } = await scene.trust.store.listRefusals({});
      assert.deepEqual(
        items.map(({ listener }) => listener),
        [options.listener ?? null],
      );
    }
    assert.deepEqual(
      told.messages.map(({ message }) => message.listener),
      ["web", "web", "web", null, null, null],
    );
  });

  it("tell a client whose key was rotated from one that is met", async () => {
    using told = listen("handclasp:met", "handclasp:rotated", "handclasp:recognised");
    await using scene = await office();
    const next = await successorOf(scene.anna);
    for (const each of [scene.anna, next, next]) await connectOnce({ port: scene.port, identity: each });
    const seen = told.messages.map(({ name, message }) => {
      assert("peer" in message && message.peer instanceof Peer);
      const { name: peer, pin, firstUse, rotated } = message.peer;
      return { name, peer, pin, firstUse, rotated };
    });
    const anna = { peer: "anna", firstUse: false, rotated: false };
    const { pin } = next.facts;
    assert.deepEqual(seen, [
      { ...anna, name: "handclasp:recognised", pin: scene.anna.facts.pin },
      { ...anna, name: "handclasp:rotated", pin, rotated: true },
      { ...anna, name: "handclasp:recognised", pin },
    ]);
  });

  for (const [reason, fall] of [
    ["revoked", (operator, key) => operator.revoke(key)],
    ["ignored", (operator, key) => operator.ignore(key)],
    ["forgotten", (operator, key) => operator.forget(key)],
    ["retired", (operator, key, next) => operator.import(next, { name: key, onConflict: "replace" })],
    ["approval-ended", (operator) => operator.approve(client.facts.pin, { expires: Date.now() - 1 })],
  ] as readonly [string, (operator: Operator, key: string, next: CertificateFacts) => Promise<unknown>][]) {
    it(`tell why a connection was cut: ${reason}`, async () => {
      using told = listen("handclasp:revoked");
      await using scene = await openScene();
      scene.server.on("secureConnection", (socket) => socket.on("error", () => undefined).resume());
      const handedOver = once(scene.server, "secureConnection");
      const cut = connectOnce({ port: scene.port, identity: client });
      await handedOver;
      const [connection] = scene.guard.connections;
      await fall(scene.operator, "client", rival.facts);
      await cut;
      const reasons = told.messages.map(({ message }) => "reason" in message && message.reason);
      assert.deepEqual([reasons, connection?.cutFor], [[reason], reason]);
      const { revoked, cut: counts } = scene.guard.stats;
      assert.deepEqual(
        [revoked, Object.entries(counts).filter(([, count]) => count > 0)],
        [1, [[reason, 1]]],
      );
    });
  }

  it("tell of what should not happen", async () => {
    using told = listen("handclasp:error", "handclasp:refused");
    const broken = new Error("broken");
    await using scene = await openScene({
      through: (trust) =>
        altered(trust, {
          judge() {
            throw broken;
          },
        }),
    });
    await connectOnce({ port: scene.port, identity: client });
    const [{ message } = assert.fail()] = told.messages;
    assert("error" in message);
    assert.equal(message.error, broken);
    const [, { message: refused } = assert.fail()] = told.messages;
    assert("problem" in refused);
    assert.deepEqual([refused.reason, refused.problem], ["store-unavailable", "broken"]);
  });
});

type Told = {
  readonly name: keyof ChannelMessages;
  readonly message: ChannelMessages[keyof ChannelMessages];
};

function listen(...names: (keyof ChannelMessages)[]): Disposable & { readonly messages: readonly Told[] } {
  const messages: Told[] = [];
  const listeners = names.map((name) => {
    const listener = (message: unknown): void => {
      messages.push({ name, message: message as ChannelMessages[keyof ChannelMessages] });
    };
    subscribe(name, listener);
    return () => unsubscribe(name, listener);
  });
  return {
    messages,
    [Symbol.dispose]() {
      for (const stop of listeners) stop();
    },
  };
}
