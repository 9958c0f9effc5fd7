import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { ServerRefusal, ServerVerdict } from "../../../src/client/servers/judge-server.ts";
import { KnownServers } from "../../../src/client/servers/known-servers.ts";
import { isHandclaspError } from "../../../src/errors.ts";
import { openSqliteStore } from "../../../src/store/sqlite/sqlite-store.ts";
import { openMemoryStore } from "../../../src/store/sqlite/memory-store.ts";
import { toKeyId } from "../../../src/trust/naming/key-id.ts";
import { Operator } from "../../../src/operator/operator.ts";
import type { TrustStore } from "../../../src/trust/port/trust-store.ts";
import type { CertificateFacts } from "../../../src/x509/certificate-facts.ts";
import { createIdentity } from "../../../src/x509/create-identity.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

const A = "a.example:443";
const B = "b.example:443";

async function key(): Promise<CertificateFacts> {
  return (await createIdentity({ name: "server", now: new Date() })).facts;
}

function over(store: TrustStore): { servers: KnownServers; operator: Operator } {
  const options = { now: Date.now, process: "test" };
  return {
    servers: new KnownServers(store, options),
    operator: new Operator(store, { ...options, user: null }),
  };
}

function refusal(verdict: ServerVerdict): ServerRefusal {
  if (verdict.decision === "refuse") return verdict;
  assert.fail(`${verdict.decision} is no refusal`);
}

describe("KnownServers", () => {
  it("claims a server never met under accept, and refuses it otherwise", async () => {
    await using store = openMemoryStore();
    const { servers } = over(store);
    const facts = await key();
    assert.equal(servers.judge(A, facts, "accept").decision, "claim");
    for (const verify of ["ask", "refuse"] as const) {
      const verdict = servers.judge(A, facts, verify);
      assert.deepEqual(verdict, { decision: "refuse", reason: "unknown", known: [] });
    }
  });

  it("admits the remembered key in every mode, whatever the case of the name", async () => {
    await using store = openMemoryStore();
    const { servers } = over(store);
    const facts = await key();
    await servers.remember(A, facts);
    for (const verify of ["accept", "ask", "refuse"] as const) {
      assert.equal(servers.judge(A.toUpperCase(), facts, verify).decision, "admit");
    }
  });

  it("refuses another key at a known address in every mode, showing both key ids and the command that fixes it", async () => {
    await using store = openMemoryStore();
    const { servers, operator } = over(store);
    const [known, other] = await Promise.all([key(), key()]);
    await servers.remember(A, known);
    const refused = refusal(servers.judge(A, other, "accept"));
    assert.deepEqual(refused, { decision: "refuse", reason: "key-changed", known: [known.pin] });
    const error = await servers.refuse(A, other, refused);
    assert.ok(isHandclaspError(error, "ERR_HANDCLASP_REFUSED"));
    for (const text of [toKeyId(known.pin), toKeyId(other.pin), known.pin, other.pin]) {
      assert.ok(error.message.includes(text));
    }
    const [remedy] = error.remedies;
    assert.deepEqual([remedy?.act, remedy?.key], ["approve-key", toKeyId(other.pin)]);
    assert.equal(remedy?.options?.["replace"], true);
    await operator.approve(toKeyId(other.pin), { onConflict: "replace" });
    assert.equal(servers.judge(A, other, "refuse").decision, "admit");
    assert.equal(servers.judge(A, known, "accept").decision, "refuse");
  });

  it("binds one key to several addresses, and no other key to any of them", async () => {
    await using store = openMemoryStore();
    const { servers, operator } = over(store);
    const [shared, other] = await Promise.all([key(), key()]);
    await servers.remember(A, shared);
    await servers.remember(B, shared);
    assert.equal(servers.judge(B, shared, "refuse").decision, "admit");
    const refused = refusal(servers.judge(B, other, "accept"));
    assert.deepEqual(refused, { decision: "refuse", reason: "key-changed", known: [shared.pin] });
    await servers.refuse(B, other, refused);
    await operator.approve(toKeyId(other.pin), { onConflict: "replace" });
    assert.equal(servers.judge(B, other, "refuse").decision, "admit");
    assert.equal(servers.judge(B, shared, "accept").decision, "refuse");
    assert.equal(servers.judge(A, shared, "refuse").decision, "admit");
  });

  it("binds one key to two addresses that it is met at in the same moment", async () => {
    await using store = openSqliteStore(join(temporaryFolder(), "known_servers.db"));
    const { servers } = over(store);
    const facts = await key();
    await Promise.all([servers.remember(A, facts), servers.remember(B, facts)]);
    for (const address of [A, B]) assert.equal(servers.judge(address, facts, "refuse").decision, "admit");
  });

  it("moves to its new address when it is renamed, however often it was met at once before", async () => {
    await using store = openMemoryStore();
    const { servers, operator } = over(store);
    const facts = await key();
    await servers.remember(A, facts);
    await servers.remember(A, facts);
    await operator.rename(A, B);
    assert.equal(servers.judge(B, facts, "refuse").decision, "admit");
    assert.equal(refusal(servers.judge(A, facts, "refuse")).reason, "unknown");
  });

  it("lets one of two keys claim an address", async () => {
    await using store = openMemoryStore();
    const { servers } = over(store);
    const [one, other] = await Promise.all([key(), key()]);
    const claims = await Promise.allSettled([servers.remember(A, one), servers.remember(A, other)]);
    assert.deepEqual(claims.map(({ status }) => status).toSorted(), ["fulfilled", "rejected"]);
  });

  it("lets one of two keys that are known elsewhere have an address, whichever process meets them there", async () => {
    const url = join(temporaryFolder(), "known_servers.db");
    await using store = openSqliteStore(url);
    await using late = openSqliteStore(url);
    const { servers } = over(store);
    const [one, other] = await Promise.all([key(), key()]);
    await servers.remember(A, one);
    await servers.remember("c.example:443", other);
    // Both find the address free; the first is through before the other writes.
    const put = late.putSetting.bind(late);
    const { promise: isThrough, resolve: goOn } = Promise.withResolvers<void>();
    late.putSetting = async (...setting) => {
      await isThrough;
      await put(...setting);
    };
    const second = assert.rejects(over(late).servers.remember(B, other), {
      code: "ERR_HANDCLASP_REFUSED",
    });
    await servers.remember(B, one);
    goOn();
    await second;
    assert.equal(servers.judge(B, one, "refuse").decision, "admit");
  });

  it("keeps the key that came to an address while somebody was asked about another one", async () => {
    await using store = openMemoryStore();
    const { servers } = over(store);
    const [one, other] = await Promise.all([key(), key()]);
    await servers.remember(A, one);
    await servers.remember("c.example:443", other);
    assert.equal(refusal(servers.judge(B, other, "ask")).reason, "unknown");
    await servers.remember(B, one);
    await assert.rejects(servers.remember(B, other), { code: "ERR_HANDCLASP_REFUSED" });
    assert.equal(servers.judge(B, one, "refuse").decision, "admit");
  });

  it("refuses a revoked key at every address", async () => {
    await using store = openMemoryStore();
    const { servers, operator } = over(store);
    const facts = await key();
    await servers.remember(A, facts);
    await operator.revoke(facts.pin);
    for (const address of [A, B]) {
      assert.equal(refusal(servers.judge(address, facts, "accept")).reason, "revoked");
    }
  });

  it("keeps a refused server for approval", async () => {
    await using store = openMemoryStore();
    const { servers, operator } = over(store);
    const facts = await key();
    await servers.refuse(A, facts, refusal(servers.judge(A, facts, "ask")));
    await operator.approve(A);
    assert.equal(servers.judge(A, facts, "refuse").decision, "admit");
  });
});
