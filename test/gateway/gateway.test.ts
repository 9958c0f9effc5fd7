import assert from "node:assert/strict";
import { once } from "node:events";
import { createConnection } from "node:net";
import { describe, it } from "node:test";
import type { IdentityPem } from "../../src/client/identities/identity.ts";
import type { Policy } from "../../src/trust/records/policy.ts";
import { identity } from "../guard/support/identities.ts";
import { connectOnce } from "../guard/support/node-client.ts";
import { configOf, listenerTo, openGateway } from "./support/scene.ts";
import { answers, exchange, gone, openClient, openUpstream, talking } from "./support/upstream.ts";
import { keysIn, refusalsIn } from "../support/listed.ts";
import { freePort } from "../support/free-port.ts";

const [ada, bob, otherServer] = await Promise.all([identity("ada"), identity("bob"), identity("other")]);

const ASK: Policy = { firstUse: "ask", bind: "name", validity: "enforce", rotation: "accept" };

describe("a gateway that is told something else", () => {
  it("takes new connections elsewhere, and leaves running ones as they are", async () => {
    await using before = await openUpstream();
    await using after = await openUpstream((socket) => socket.end("after"));
    await using scene = await openGateway(configOf([listenerTo(before.port)]));
    const running = await talking(scene.port, ada);
    await scene.gateway.reload(configOf([listenerTo(after.port)]));
    assert.equal(await exchange(await openClient(scene.port, ada), ""), "after");
    assert.ok(await answers(running));
    running.destroy();
    while (scene.closed.length === 0) await new Promise(setImmediate);
  });

  it("still cuts connections of a former configuration when their key is revoked", async () => {
    await using upstream = await openUpstream();
    await using scene = await openGateway(configOf([listenerTo(upstream.port)]));
    const running = await talking(scene.port, ada);
    await scene.gateway.reload(configOf([listenerTo(upstream.port, { idleTimeoutMs: 60_000 })]));
    const ended = gone(running);
    await scene.operator.revoke("ada");
    await ended;
  });

  it("opens listeners that are new and stops those that are gone, without ending what runs there", async () => {
    await using upstream = await openUpstream();
    const [first, second] = ["first", "second"].map((name) => listenerTo(upstream.port, { name }));
    assert.ok(first && second);
    await using scene = await openGateway(configOf([first]));
    const running = await talking(scene.port, ada);
    const [address] = await scene.gateway.reload(configOf([second]));
    assert.ok(address);
    assert.equal(await exchange(await openClient(address.port, ada), "new"), "new");
    await assert.rejects(openClient(scene.port, ada), { code: "ECONNREFUSED" });
    assert.ok(await answers(running));
    running.destroy();
  });

  it("keeps everything as it was when one listener cannot be had", async () => {
    await using upstream = await openUpstream();
    await using taken = await openUpstream();
    await using scene = await openGateway(configOf([listenerTo(upstream.port)]));
    const stolen = listenerTo(upstream.port, {
      name: "taken",
      listen: { host: "127.0.0.1", port: taken.port },
    });
    const next = configOf([listenerTo(taken.port, { idleTimeoutMs: 5 }), stolen]);
    await assert.rejects(scene.gateway.reload(next), { code: "ERR_HANDCLASP_OPTION" });
    const client = await talking(scene.port, ada);
    assert.ok(await answers(client));
    client.destroy();
    assert.equal(scene.gateway.config.listeners.length, 1);
  });

  it("shows another certificate at once, and goes on to resume", async () => {
    let shown: IdentityPem | undefined;
    await using upstream = await openUpstream();
    const { key, cert } = await identity("localhost");
    const identityOf = (): Promise<IdentityPem> => Promise.resolve(shown ?? { key, certificate: cert });
    const config = configOf([listenerTo(upstream.port)]);
    await using scene = await openGateway(config, { identityOf });
    const first = await openClient(scene.port, ada);
    const [session] = (await once(first, "session")) as [Buffer];
    shown = { key: otherServer.key, certificate: otherServer.cert };
    await scene.gateway.reload(config);
    const second = await openClient(scene.port, ada);
    assert.equal(second.getPeerX509Certificate()?.subject, "CN=other");
    const resumed = await openClient(scene.port, ada, { session });
    assert.ok(resumed.isSessionReused());
    await scene.gateway.reload(configOf([listenerTo(upstream.port, { idleTimeoutMs: 60_000 })]));
    assert.ok((await openClient(scene.port, ada, { session })).isSessionReused());
    for (const client of [first, second, resumed]) client.destroy();
  });

  it("keeps the old certificate when the new one cannot be had", async () => {
    let isBroken = false;
    await using upstream = await openUpstream();
    const { key, cert } = await identity("localhost");
    const identityOf = (): Promise<IdentityPem> =>
      isBroken ? Promise.reject(new Error("mismatch")) : Promise.resolve({ key, certificate: cert });
    const config = configOf([listenerTo(upstream.port)]);
    await using scene = await openGateway(config, { identityOf });
    isBroken = true;
    await assert.rejects(scene.gateway.reload(config), /mismatch/);
    assert.equal(await exchange(await openClient(scene.port, ada), "hello"), "hello");
  });
});

describe("a listener with room for few", () => {
  it("lets one more wait until another one ends, and says that it is full", async () => {
    await using upstream = await openUpstream();
    const listener = listenerTo(upstream.port, { maxConnections: 2 });
    await using scene = await openGateway(configOf([listener]));
    const [first, second] = [await talking(scene.port, ada), await talking(scene.port, ada)];
    const third = openClient(scene.port, ada);
    await scene.event("full");
    assert.equal(scene.gateway.open, 2);
    first.destroy();
    assert.equal(await exchange(await third, "at last"), "at last");
    second.destroy();
  });

  it("has room again at once when clients go away before or in the middle of their handshake", async () => {
    await using upstream = await openUpstream();
    const listener = listenerTo(upstream.port, { maxConnections: 3, handshakeTimeoutMs: 60_000 });
    await using scene = await openGateway(configOf([listener]));
    (await talking(scene.port, ada)).destroy();
    const probe = createConnection(scene.port, "127.0.0.1");
    await once(probe, "connect");
    probe.end();
    const half = createConnection(scene.port, "127.0.0.1");
    await once(half, "connect");
    half.end(Buffer.from("16030100", "hex"));
    // Gone before its certificate is sent, as a client that does not know the server.
    (await openClient(scene.port, bob)).destroy();
    assert.equal(await exchange(await openClient(scene.port, ada), "hello"), "hello");
    await scene.gateway.drain();
    assert.equal(scene.gateway.open, 0);
  });

  it("forgets who gave up waiting", async () => {
    await using upstream = await openUpstream();
    await using scene = await openGateway(configOf([listenerTo(upstream.port, { maxConnections: 1 })]));
    const first = await talking(scene.port, ada);
    const impatient = createConnection(scene.port, "127.0.0.1");
    await scene.event("full");
    impatient.resetAndDestroy();
    const patient = openClient(scene.port, ada);
    first.destroy();
    assert.equal(await exchange(await patient, "me"), "me");
  });

  it("counts all listeners together against what the process can have", async () => {
    await using upstream = await openUpstream();
    const listeners = ["one", "two"].map((name) => listenerTo(upstream.port, { name }));
    await using scene = await openGateway(configOf(listeners), { maxConnections: 1 });
    const first = await talking(scene.port, ada);
    const second = openClient(scene.addresses[1]?.port ?? 0, ada);
    assert.equal((await scene.event("full")).listener, "two");
    first.destroy();
    assert.equal(await exchange(await second, "now"), "now");
  });
});

describe("a listener with a list of who may come in", () => {
  it("refuses a trusted peer that is not in it, in the handshake, in both versions of TLS", async () => {
    await using upstream = await openUpstream();
    const listeners = [
      listenerTo(upstream.port, { name: "all" }),
      listenerTo(upstream.port, { name: "few", allow: ["BOB"] }),
    ];
    await using scene = await openGateway(configOf(listeners));
    const few = scene.addresses[1]?.port ?? 0;
    (await talking(scene.port, ada)).destroy();
    (await talking(scene.port, bob)).destroy();
    for (const maxVersion of ["TLSv1.3", "TLSv1.2"] as const) {
      assert.equal((await connectOnce({ port: few, identity: ada, maxVersion })).alert, 49);
    }
    assert.equal(await exchange(await openClient(few, bob), "me"), "me");
    await scene.gateway.close();
    assert.equal((await refusalsIn(scene.store))[0]?.reason, "not-allowed");
  });

  it("does not bind the name of a stranger that it would not let in", async () => {
    await using upstream = await openUpstream();
    await using scene = await openGateway(configOf([listenerTo(upstream.port, { allow: ["bob"] })]));
    assert.equal((await connectOnce({ port: scene.port, identity: ada })).alert, 49);
    assert.deepEqual(await keysIn(scene.store), []);
  });

  it("keeps a stranger for review where first use is asked for", async () => {
    await using upstream = await openUpstream();
    const listener = listenerTo(upstream.port, { allow: ["bob"], policy: ASK });
    await using scene = await openGateway(configOf([listener]));
    assert.equal((await connectOnce({ port: scene.port, identity: ada })).alert, 49);
    await scene.gateway.close();
    assert.equal((await keysIn(scene.store))[0]?.state, "pending");
  });

  it("lets members of a group in as long as they are in it, and cuts them when they leave", async () => {
    await using upstream = await openUpstream();
    const listeners = [
      listenerTo(upstream.port, { name: "all" }),
      listenerTo(upstream.port, { name: "lab", allow: ["group:Lab"] }),
    ];
    await using scene = await openGateway(configOf(listeners));
    const lab = scene.addresses[1]?.port ?? 0;
    const elsewhere = await talking(scene.port, ada);
    assert.equal((await connectOnce({ port: lab, identity: ada })).alert, 49);
    await scene.operator.addToGroup("lab", "ada");
    const inside = await talking(lab, ada);
    const ended = gone(inside);
    await scene.operator.removeFromGroup("lab", "ada");
    await ended;
    assert.equal((await connectOnce({ port: lab, identity: ada })).alert, 49);
    assert.ok(await answers(elsewhere));
    elsewhere.destroy();
  });

  it("cuts members that left and came back before anybody looked, but not those whom something else lets in", async () => {
    await using upstream = await openUpstream();
    const listeners = [
      listenerTo(upstream.port, { name: "all" }),
      listenerTo(upstream.port, { name: "lab", allow: ["group:lab"] }),
      listenerTo(upstream.port, { name: "either", allow: ["group:lab", "group:office"] }),
      listenerTo(upstream.port, { name: "named", allow: ["group:lab", "ada"] }),
    ];
    await using scene = await openGateway(configOf(listeners));
    const elsewhere = await talking(scene.port, ada);
    for (const group of ["lab", "office"]) await scene.operator.addToGroup(group, "ada");
    const [inside, either, named] = [
      await talking(scene.addresses[1]?.port ?? 0, ada),
      await talking(scene.addresses[2]?.port ?? 0, ada),
      await talking(scene.addresses[3]?.port ?? 0, ada),
    ];
    const ended = gone(inside);
    await Promise.all([
      scene.operator.removeFromGroup("lab", "ada"),
      scene.operator.addToGroup("LAB", ada.facts.pin),
    ]);
    await ended;
    for (const stays of [elsewhere, either, named]) {
      assert.ok(await answers(stays));
      stays.destroy();
    }
  });

  it("cuts connections of a peer that had another name for a moment", async () => {
    await using upstream = await openUpstream();
    await using scene = await openGateway(configOf([listenerTo(upstream.port)]));
    const ended = gone(await talking(scene.port, ada));
    const { pin } = ada.facts;
    await Promise.all([scene.operator.rename(pin, "augusta"), scene.operator.rename(pin, "ada")]);
    await ended;
  });

  it("cuts connections of a peer that gets another name, since services know it by the former one", async () => {
    await using upstream = await openUpstream();
    const byKey: Policy = { firstUse: "accept", bind: "key", validity: "enforce", rotation: "accept" };
    for (const policy of [byKey, { ...byKey, bind: "name" as const }]) {
      await using scene = await openGateway(configOf([listenerTo(upstream.port, { policy })]));
      const [renamed, stays] = [await talking(scene.port, ada), await talking(scene.port, bob)];
      const ended = gone(renamed);
      await scene.operator.rename(ada.facts.pin, "augusta");
      await ended;
      // A change that is none of its name.
      await scene.operator.addToGroup("lab", bob.facts.pin);
      assert.ok(await answers(stays));
      stays.destroy();
    }
  });

  it("cuts connections of peers that a new list leaves out, and no others", async () => {
    await using upstream = await openUpstream();
    const listener = listenerTo(upstream.port, { allow: ["ada", "bob"] });
    await using scene = await openGateway(configOf([listener]));
    const [out, stays] = [await talking(scene.port, ada), await talking(scene.port, bob)];
    const ended = gone(out);
    await scene.gateway.reload(configOf([{ ...listener, allow: ["bob"] }]));
    await ended;
    assert.ok(await answers(stays));
    stays.destroy();
  });

  it("cuts them whichever configuration they came in under", async () => {
    await using upstream = await openUpstream();
    const listener = listenerTo(upstream.port, { allow: ["ada", "bob"] });
    await using scene = await openGateway(configOf([listener]));
    const [out, stays] = [await talking(scene.port, ada), await talking(scene.port, bob)];
    await scene.gateway.reload(configOf([{ ...listener, idleTimeoutMs: 60_000 }]));
    const ended = gone(out);
    await scene.gateway.reload(configOf([{ ...listener, allow: ["bob"] }]));
    await ended;
    assert.ok(await answers(stays));
    stays.destroy();
  });

  it("cuts them when the listener of that name moves to another address, too", async () => {
    await using upstream = await openUpstream();
    const port = await freePort();
    const listener = listenerTo(upstream.port, { allow: ["ada", "bob"] });
    await using scene = await openGateway(configOf([listener]));
    const [out, stays] = [await talking(scene.port, ada), await talking(scene.port, bob)];
    const ended = gone(out);
    const listen = { host: "127.0.0.1", port };
    await scene.gateway.reload(configOf([{ ...listener, listen, allow: ["bob"] }]));
    await ended;
    assert.ok(await answers(stays));
    stays.destroy();
  });
});
