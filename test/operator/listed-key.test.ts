import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type KeyJson, toKeyPage, toKeysInList, toListedKeys } from "../../src/operator/listed-key.ts";
import { toKeyId } from "../../src/trust/naming/key-id.ts";
import type { KeyPin } from "../../src/trust/records/key-record.ts";
import { everyItem } from "../../src/trust/port/page.ts";
import { createIdentity } from "../../src/x509/create-identity.ts";
import { factsOf, randomPin } from "../support/certificates.ts";
import { NOW, Office } from "../trust/support/office.ts";

/** The whole list, by pin. */
async function list(office: Office): Promise<ReadonlyMap<KeyPin, KeyJson>> {
  const rows = new Map<KeyPin, KeyJson>();
  for await (const key of everyItem((page) => office.store.listKeys(page))) {
    for (const row of await toKeyPage(office.store, [key], NOW)) rows.set(row.pin, row);
  }
  return rows;
}

describe("toKeyPage", () => {
  it("has every field of a key, each there or null", async () => {
    const office = new Office();
    const { facts } = await createIdentity({ name: "anna", now: new Date(NOW) });
    await office.operator.import(facts, { expires: NOW + 1000 });
    const row = (await list(office)).get(facts.pin);
    assert.ok(row);
    assert.deepEqual(row, {
      peer: "anna",
      state: "trusted",
      reason: null,
      keyId: toKeyId(facts.pin),
      pin: facts.pin,
      fingerprint: facts.fingerprint,
      subject: "CN=anna",
      firstSeen: null,
      lastSeen: null,
      expires: new Date(NOW + 1000).toISOString(),
      source: "import",
      conflictsWith: null,
      version: row.version,
      note: null,
    });
  });

  it("says of each state why the next connection would be refused", async () => {
    const office = new Office();
    const [anna, ben, eve, past] = [factsOf("anna"), factsOf("ben"), factsOf("eve"), factsOf("past")];
    const rival = factsOf("anna");
    await office.operator.import(anna);
    await office.connects(rival);
    await office.connects(ben);
    await office.operator.import(eve);
    await office.operator.revoke(eve.pin);
    await office.operator.import(past, { expires: NOW });
    await office.connects({ ...anna, claimedName: "annabel", fingerprint: "ab".repeat(32) });
    const rows = await list(office);
    const told = [anna, rival, ben, eve, past].map(({ pin }) => {
      const { peer, state, reason, conflictsWith } = rows.get(pin) ?? assert.fail();
      return [peer, state, reason, conflictsWith];
    });
    assert.deepEqual(told, [
      ["anna", "trusted", "name-changed", null],
      ["anna", "pending", "key-changed", anna.pin],
      ["ben", "pending", "pending", null],
      ["eve", "revoked", "revoked", null],
      ["past", "trusted", "expired", null],
    ]);
    assert.equal(rows.get(ben.pin)?.firstSeen, new Date(NOW).toISOString());
    assert.equal(rows.get(ben.pin)?.subject, null, "a certificate that cannot be read has none");
  });
});

describe("toListedKeys", () => {
  it("gives keys as a change returned them, those that are gone too", async () => {
    const office = new Office();
    const anna = factsOf("anna");
    await office.operator.import(anna);
    await office.store.record({
      seen: [{ pin: anna.pin, at: NOW }],
      refusals: [],
      opened: [],
      closed: [],
    });
    const changed = await office.operator.revoke(anna.pin);
    const [revoked] = await toListedKeys(office.store, changed, NOW);
    assert.deepEqual([revoked?.state, revoked?.lastSeen], ["revoked", new Date(NOW).toISOString()]);
    const forgotten = await toListedKeys(office.store, await office.operator.forget(anna.pin), NOW);
    assert.deepEqual(
      forgotten.map(({ pin, lastSeen }) => [pin, lastSeen]),
      [[anna.pin, null]],
    );
    const [key] = changed;
    assert.ok(key);
    const [stranger] = await toListedKeys(office.store, [{ ...key, pin: randomPin() }], NOW);
    assert.equal(stranger?.lastSeen, null);
  });
});

describe("toKeysInList", () => {
  it("says of many keys at once which groups they are in, and how many connections they have", async () => {
    const { store, operator } = new Office();
    const [anna, ben] = [factsOf("anna"), factsOf("ben")];
    await operator.import(anna);
    await operator.import(ben);
    for (const group of ["Lab", "berlin"]) await operator.addToGroup(group, anna.pin);
    const live = { pin: anna.pin, peer: "anna", remoteAddress: null, listener: null, since: NOW };
    const opened = ["c1", "c2"].map((id) => ({ id, ...live }));
    await store.record({ seen: [], refusals: [], opened, closed: [] });
    const { items } = await store.listKeys();
    const rows = await toKeysInList(store, items, NOW);
    const told = rows.map(({ peer, groups, connections }) => [peer, groups, connections]);
    assert.deepEqual(
      told.toSorted((one, other) => (String(one) < String(other) ? -1 : 1)),
      [
        ["anna", ["berlin", "Lab"], 2],
        ["ben", [], 0],
      ],
    );
  });
});
