import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { recordListeners } from "../../src/operator/known-server.ts";
import { type ShownKey, type ShowOptions, toShownKey } from "../../src/operator/shown-key.ts";
import { toKeyId } from "../../src/trust/naming/key-id.ts";
import type { KeyPin } from "../../src/trust/records/key-record.ts";
import { toPhrase } from "../../src/trust/naming/phrase.ts";
import { createIdentity } from "../../src/x509/create-identity.ts";
import { randomPin } from "../support/certificates.ts";
import { NOW, Office } from "../trust/support/office.ts";

async function shown(office: Office, pin: KeyPin, options: Partial<ShowOptions> = {}): Promise<ShownKey> {
  const key = office.store.key(pin);
  assert.ok(key);
  return toShownKey(office.store, key, { now: NOW, ...options });
}

describe("toShownKey", () => {
  it("has all that there is about a key: certificates, refusals, events", async () => {
    const office = new Office();
    const { facts, certificatePem } = await createIdentity({ name: "anna", now: new Date(NOW) });
    const { pin } = facts;
    await office.operator.import(facts);
    await office.operator.revoke(pin);
    await office.connects(facts);
    const times = { connection: "c9", firstAt: NOW, lastAt: NOW, count: 3 };
    const about = { pin, detail: null, problem: null, fingerprint: null, peer: "anna", listener: "web" };
    const refusal = { ...about, reason: "revoked", address: "192.0.2.7", ...times } as const;
    await office.store.record({ seen: [], refusals: [refusal], opened: [], closed: [] });
    const key = await shown(office, pin);
    const [certificate] = key.certificates;
    assert.partialDeepStrictEqual(certificate, {
      fingerprint: facts.fingerprint,
      x5tS256: Buffer.from(facts.fingerprint, "hex").toString("base64url"),
      subject: "CN=anna",
      notAfter: new Date(facts.notAfter).toISOString(),
    });
    assert.equal("pem" in (certificate ?? {}), false);
    assert.equal((await shown(office, pin, { pem: true })).certificates[0]?.pem, certificatePem);
    assert.deepEqual(
      key.events.map(({ type }) => type),
      ["imported", "revoked", "stale-key-seen"],
    );
    assert.deepEqual(
      key.refusals.map(({ reason, address, listener, count }) => [reason, address, listener, count]),
      [["revoked", "192.0.2.7", "web", 3]],
    );
    assert.deepEqual([key.state, key.staleSeen, key.claimedName], ["revoked", true, "anna"]);
  });

  it("has the latest events alone where no more are asked for", async () => {
    const office = new Office();
    const { facts } = await createIdentity({ name: "anna", now: new Date(NOW) });
    await office.operator.import(facts);
    for (const name of ["Ada", "Bea", "Cyd"]) await office.operator.rename(facts.pin, name);
    const { events } = await shown(office, facts.pin, { most: 2 });
    assert.deepEqual(
      events.map(({ type, peer }) => [type, peer]),
      [
        ["renamed", "Bea"],
        ["renamed", "Cyd"],
      ],
    );
  });

  it("has the phrase once a server ran on the store", async () => {
    const office = new Office();
    const { facts } = await createIdentity({ name: "anna", now: new Date(NOW) });
    await office.operator.import(facts);
    assert.partialDeepStrictEqual(await shown(office, facts.pin), { phrase: null, serverKeyId: null });
    const pin = randomPin();
    await recordListeners(office.store, [{ address: "gw:1", host: "gw", port: 1, pin }], NOW);
    assert.partialDeepStrictEqual(await shown(office, facts.pin), {
      phrase: toPhrase(pin, facts.pin),
      serverKeyId: toKeyId(pin),
    });
  });
});
