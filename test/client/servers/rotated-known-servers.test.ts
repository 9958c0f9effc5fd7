import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ServerVerdict } from "../../../src/client/servers/judge-server.ts";
import { KnownServers } from "../../../src/client/servers/known-servers.ts";
import { openMemoryStore } from "../../../src/store/sqlite/memory-store.ts";
import { parseEvent, type TrustEvent } from "../../../src/trust/records/events.ts";
import { Operator } from "../../../src/operator/operator.ts";
import type { TrustStore } from "../../../src/trust/port/trust-store.ts";
import type { CertificateFacts } from "../../../src/x509/certificate-facts.ts";
import { identity } from "../../guard/support/identities.ts";
import { type Shown, successorOf, successorsOf } from "../../support/successor.ts";
import { eventsIn, keysIn } from "../../support/listed.ts";

const A = "a.example:443";
const B = "b.example:443";

function over(store: TrustStore): { servers: KnownServers; operator: Operator } {
  const options = { now: Date.now, process: "test" };
  return {
    servers: new KnownServers(store, options),
    operator: new Operator(store, { ...options, user: null }),
  };
}

/** One connection, as `connect()` goes about it. */
async function meet(servers: KnownServers, address: string, { facts }: Shown): Promise<ServerVerdict> {
  const verdict = servers.judge(address, facts, "accept");
  if (verdict.decision === "claim") await servers.remember(address, facts, verdict);
  if (verdict.decision === "refuse") await servers.refuse(address, facts, verdict);
  return verdict;
}

async function events(store: TrustStore, type: TrustEvent["type"]): Promise<readonly TrustEvent[]> {
  const all = (await eventsIn(store)).flatMap(({ json }) => parseEvent(json) ?? []);
  return all.filter((event) => event.type === type);
}

function admits(servers: KnownServers, address: string, facts: CertificateFacts): void {
  assert.equal(servers.judge(address, facts, "refuse").decision, "admit", address);
}

function refuses(servers: KnownServers, address: string, facts: CertificateFacts): void {
  assert.equal(servers.judge(address, facts, "accept").decision, "refuse", address);
}

describe("a known server that rotates its key", () => {
  it("is followed over four rotations that we did not see, and the old key is refused", async () => {
    await using store = openMemoryStore();
    const { servers } = over(store);
    const line = await successorsOf(await identity("server"), 4);
    const [first, last] = [line[0] ?? assert.fail(), line[4] ?? assert.fail()];
    await meet(servers, A, first);
    await meet(servers, A, last);
    admits(servers, A, last.facts);
    refuses(servers, A, first.facts);
    for (const between of line.slice(1, 4)) refuses(servers, A, between.facts);
  });

  it("is followed at all its addresses, whichever comes first", async () => {
    for (const [before, after] of [
      [A, B],
      [B, A],
    ] as const) {
      await using store = openMemoryStore();
      const { servers } = over(store);
      const old = await identity("server");
      const next = await successorOf(old);
      await meet(servers, A, old);
      await meet(servers, B, old);
      await meet(servers, before, next);
      await meet(servers, after, next);
      for (const address of [A, B]) {
        admits(servers, address, next.facts);
        refuses(servers, address, old.facts);
      }
      assert.equal((await keysIn(store)).filter(({ state }) => state === "trusted").length, 1);
    }
  });

  it("stays known at all its addresses when its retired key is forgotten, until the new one is too", async () => {
    await using store = openMemoryStore();
    const { servers, operator } = over(store);
    const [old, impostor] = [await identity("server"), await identity("server")];
    const next = await successorOf(old);
    await meet(servers, A, old);
    await meet(servers, B, old);
    await meet(servers, A, next);
    await operator.forget(old.facts.pin);
    for (const address of [A, B]) {
      refuses(servers, address, impostor.facts);
      admits(servers, address, next.facts);
    }
    await operator.forget(next.facts.pin);
    for (const address of [A, B])
      assert.deepEqual(servers.judge(address, impostor.facts, "accept"), { decision: "claim" });
  });

  it("gives up the old key though it is met with the new one at another address first", async () => {
    await using store = openMemoryStore();
    const { servers } = over(store);
    const old = await identity("server");
    const next = await successorOf(old);
    await meet(servers, A, old);
    await meet(servers, B, next);
    for (const address of [A, B]) {
      admits(servers, address, next.facts);
      refuses(servers, address, old.facts);
    }
  });

  it("gives up the old key though the new one was known at another address before", async () => {
    await using store = openMemoryStore();
    const { servers } = over(store);
    const old = await identity("server");
    const next = await successorOf(old);
    await meet(servers, B, next);
    await meet(servers, A, old);
    await meet(servers, A, next);
    for (const address of [A, B]) {
      admits(servers, address, next.facts);
      refuses(servers, address, old.facts);
    }
  });

  it("waits at all its addresses when it was forgotten and shows up again before it was approved", async () => {
    await using store = openMemoryStore();
    const { servers, operator } = over(store);
    const server = await identity("server");
    await meet(servers, A, server);
    await meet(servers, B, server);
    await operator.forget(server.facts.pin);
    for (let times = 0; times < 2; times++) {
      const verdict = servers.judge(B, server.facts, "ask");
      assert.deepEqual(verdict, { decision: "refuse", reason: "unknown", known: [] });
      if (verdict.decision === "refuse") await servers.refuse(B, server.facts, verdict);
    }
  });

  it("is unknown at a new address under ask and refuse, endorsed or not", async () => {
    await using store = openMemoryStore();
    const { servers } = over(store);
    const old = await identity("server");
    const next = await successorOf(old);
    await meet(servers, A, old);
    for (const verify of ["ask", "refuse"] as const) {
      assert.deepEqual(servers.judge(B, next.facts, verify), {
        decision: "refuse",
        reason: "unknown",
        known: [],
      });
    }
  });

  it("is not followed to an address where another key is known", async () => {
    await using store = openMemoryStore();
    const { servers } = over(store);
    const [server, other] = await Promise.all([identity("server"), identity("other")]);
    await meet(servers, A, server);
    await meet(servers, B, other);
    const next = await successorOf(server);
    refuses(servers, B, next.facts);
    admits(servers, B, other.facts);
    await meet(servers, A, next);
    admits(servers, A, next.facts);
    refuses(servers, B, next.facts);
  });

  it("is not followed from a key that was revoked, which leaves an event", async () => {
    await using store = openMemoryStore();
    const { servers, operator } = over(store);
    const old = await identity("server");
    const next = await successorOf(old);
    await meet(servers, A, old);
    await operator.revoke(old.facts.pin);
    for (let times = 0; times < 2; times++) await meet(servers, A, next);
    refuses(servers, A, next.facts);
    const [noted, ...others] = await events(store, "endorsement-refused");
    assert.deepEqual(noted?.details, { problem: "endorsed-by-revoked", endorsedBy: old.facts.pin });
    assert.deepEqual(others, []);
  });

  it("leaves no event when a stranger's key endorsed it, or somebody else signed", async () => {
    await using store = openMemoryStore();
    const { servers } = over(store);
    const [server, stranger] = await Promise.all([identity("server"), identity("stranger")]);
    await meet(servers, A, server);
    await meet(servers, A, await successorOf(stranger));
    await meet(servers, A, await successorOf(server, { signer: stranger }));
    admits(servers, A, server.facts);
    assert.deepEqual(await events(store, "endorsement-refused"), []);
  });

  it("leaves an event when the old key shows up again, once", async () => {
    await using store = openMemoryStore();
    const { servers } = over(store);
    const old = await identity("server");
    await meet(servers, A, old);
    await meet(servers, A, await successorOf(old));
    for (let times = 0; times < 2; times++) await meet(servers, A, old);
    const [stale, ...others] = await events(store, "stale-key-seen");
    assert.equal(stale?.pin, old.facts.pin);
    assert.equal(stale.actor.address, A);
    assert.deepEqual(others, []);
  });

  it("comes back with no old endorsement once its old key was forgotten", async () => {
    await using store = openMemoryStore();
    const { servers, operator } = over(store);
    const old = await identity("server");
    const next = await successorOf(old, { issuedAt: Date.now() - 60_000 });
    await meet(servers, A, old);
    await operator.forget(old.facts.pin);
    await meet(servers, A, old);
    admits(servers, A, old.facts);
    await meet(servers, A, next);
    refuses(servers, A, next.facts);
    admits(servers, A, old.facts);
  });
});
