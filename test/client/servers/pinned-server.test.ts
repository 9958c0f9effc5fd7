import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { PinnedServer } from "../../../src/client/servers/pinned-server.ts";
import type { ServerVerdict } from "../../../src/client/servers/judge-server.ts";
import { isHandclaspError } from "../../../src/errors.ts";
import { openMemoryStore } from "../../../src/store/sqlite/memory-store.ts";
import { toKeyId } from "../../../src/trust/naming/key-id.ts";
import type { KeyPin } from "../../../src/trust/records/key-record.ts";
import { Operator } from "../../../src/operator/operator.ts";
import type { TrustStore } from "../../../src/trust/port/trust-store.ts";
import type { CertificateFacts } from "../../../src/x509/certificate-facts.ts";
import { identity } from "../../guard/support/identities.ts";
import { successorOf, successorsOf } from "../../support/successor.ts";
import { keysIn } from "../../support/listed.ts";

const A = "a.example:443";
const B = "b.example:443";
const options = { now: Date.now, process: "test" };

function pinnedTo(store: TrustStore, { pin }: { readonly pin: KeyPin }): PinnedServer {
  return new PinnedServer(store, pin, options);
}

async function refusal(
  servers: PinnedServer,
  facts: CertificateFacts,
): Promise<{ readonly reason: unknown; readonly error: Error }> {
  const verdict: ServerVerdict = servers.judge(A, facts);
  assert.equal(verdict.decision, "refuse");
  assert.ok(verdict.decision === "refuse");
  const error = await servers.refuse(A, facts, verdict);
  assert.ok(isHandclaspError(error, "ERR_HANDCLASP_REFUSED"));
  assert.equal(error.details["reason"], verdict.reason);
  return { reason: verdict.reason, error };
}

describe("PinnedServer", () => {
  it("meets the server with the key, and knows it from then on", async () => {
    await using store = openMemoryStore();
    const { facts } = await identity("server");
    const servers = pinnedTo(store, facts);
    assert.deepEqual(servers.judge(A, facts), { decision: "claim" });
    await servers.remember(A, facts);
    assert.deepEqual(servers.judge(A, facts), { decision: "admit" });
    assert.equal(store.key(facts.pin)?.peer, A);
  });

  it("refuses any other, shows both keys, and keeps nothing of it", async () => {
    await using store = openMemoryStore();
    const [server, other] = await Promise.all([identity("server"), identity("server")]);
    const { reason, error } = await refusal(pinnedTo(store, server.facts), other.facts);
    assert.equal(reason, "key-changed");
    for (const { pin } of [server.facts, other.facts]) {
      assert.ok(error.message.includes(toKeyId(pin)));
      assert.ok(error.message.includes(pin));
    }
    assert.deepEqual(await keysIn(store), []);
  });

  it("refuses a successor of the key when we revoked or ignored that one ourselves", async () => {
    for (const verb of ["revoke", "ignore"] as const) {
      await using store = openMemoryStore();
      const old = await identity("server");
      const servers = pinnedTo(store, old.facts);
      await servers.remember(B, old.facts);
      await new Operator(store, { ...options, user: null })[verb](old.facts.pin);
      const { reason } = await refusal(servers, (await successorOf(old)).facts);
      assert.equal(reason, "key-changed");
    }
  });

  it("refuses a successor of the key when that is set aside here, or its approval is over", async () => {
    for (const end of ["set aside", "expired"] as const) {
      await using store = openMemoryStore();
      const old = await identity("server");
      const servers = pinnedTo(store, old.facts);
      await servers.remember(B, old.facts);
      const operator = new Operator(store, { ...options, user: null });
      if (end === "set aside") await operator.setAside(old.facts.pin);
      else await operator.approve(old.facts.pin, { expires: 1 });
      const { reason } = await refusal(servers, (await successorOf(old)).facts);
      assert.equal(reason, "key-changed", end);
    }
  });

  it("refuses a successor that a retired key named, or a revoked one on the way to the expected one", async () => {
    await using store = openMemoryStore();
    const line = await successorsOf(await identity("server"), 2);
    const [first, second, third] = line.map(({ facts }) => facts);
    if (first === undefined || second === undefined || third === undefined) assert.fail();
    const servers = pinnedTo(store, first);
    await servers.remember(B, first);
    const rotation = servers.judge(B, second);
    assert.ok(rotation.decision === "claim");
    await servers.remember(B, second, rotation);
    const rival = await successorOf(line[0] ?? assert.fail());
    assert.equal((await refusal(servers, rival.facts)).reason, "key-changed");
    assert.equal(servers.judge(A, third).decision, "claim");
    await new Operator(store, { ...options, user: null }).revoke(second.pin);
    assert.equal((await refusal(servers, third)).reason, "key-changed");
  });

  it("takes the expected key and its successor though we revoked one that came before it", async () => {
    await using store = openMemoryStore();
    const line = await successorsOf(await identity("server"), 2);
    const [older, expected, next] = line.map(({ facts }) => facts);
    if (older === undefined || expected === undefined || next === undefined) assert.fail();
    await pinnedTo(store, older).remember(B, older);
    await new Operator(store, { ...options, user: null }).revoke(older.pin);
    for (const facts of [expected, next]) {
      assert.equal(pinnedTo(store, expected).judge(A, facts).decision, "claim");
    }
  });

  it("refuses any other though that one is known at the address", async () => {
    await using store = openMemoryStore();
    const [server, other] = await Promise.all([identity("server"), identity("server")]);
    await pinnedTo(store, other.facts).remember(A, other.facts);
    assert.equal((await refusal(pinnedTo(store, server.facts), other.facts)).reason, "key-changed");
  });

  it("does not put the expected key in the place of one that is known there", async () => {
    await using store = openMemoryStore();
    const [server, other] = await Promise.all([identity("server"), identity("server")]);
    await pinnedTo(store, other.facts).remember(A, other.facts);
    const { reason, error } = await refusal(pinnedTo(store, server.facts), server.facts);
    assert.equal(reason, "key-changed");
    assert.ok(error.message.includes(other.facts.pin));
  });

  it("takes a successor that the expected key named, over up to four rotations", async () => {
    await using store = openMemoryStore();
    const line = await successorsOf(await identity("server"), 5);
    const [first, second] = [line[0] ?? assert.fail(), line[1] ?? assert.fail()];
    const servers = pinnedTo(store, first.facts);
    for (const { facts } of line.slice(1, 5)) assert.equal(servers.judge(A, facts).decision, "claim");
    const fifth = line[5] ?? assert.fail();
    assert.equal((await refusal(servers, fifth.facts)).reason, "key-changed");
    assert.equal(pinnedTo(store, second.facts).judge(A, fifth.facts).decision, "claim");
  });

  it("takes none whose endorsement somebody else signed", async () => {
    await using store = openMemoryStore();
    const [server, other] = await Promise.all([identity("server"), identity("server")]);
    const forged = await successorOf({ ...server, key: other.key });
    assert.equal((await refusal(pinnedTo(store, server.facts), forged.facts)).reason, "key-changed");
  });

  it("refuses the expected key when it is revoked here", async () => {
    await using store = openMemoryStore();
    const { facts } = await identity("server");
    const servers = pinnedTo(store, facts);
    await servers.remember(A, facts);
    await new Operator(store, { ...options, user: null }).revoke(facts.pin);
    assert.equal((await refusal(servers, facts)).reason, "revoked");
  });

  it("is remembered at every address of the token but where another is known", async () => {
    await using store = openMemoryStore();
    const [server, other] = await Promise.all([identity("server"), identity("server")]);
    await pinnedTo(store, other.facts).remember(B, other.facts);
    const servers = pinnedTo(store, server.facts);
    await servers.rememberEverywhere([A, B, "c.example:1"], server.facts);
    assert.deepEqual(servers.pinsOf(A), [server.facts.pin]);
    assert.deepEqual(servers.pinsOf("c.example:1"), [server.facts.pin]);
    assert.deepEqual(servers.pinsOf(B), [other.facts.pin]);
  });
});
