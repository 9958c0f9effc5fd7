import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isHandclaspError } from "../../src/errors.ts";
import { explainRefusal } from "../../src/operator/explain-refusal.ts";
import { toKeyId } from "../../src/trust/naming/key-id.ts";
import type { RefusalSighting } from "../../src/trust/port/ledger.ts";
import { factsOf, randomPin } from "../support/certificates.ts";
import { NOW, Office } from "../trust/support/office.ts";

function refusal(over: Partial<RefusalSighting>): RefusalSighting {
  return {
    pin: randomPin(),
    reason: "unknown",
    detail: null,
    problem: null,
    fingerprint: null,
    peer: null,
    address: "192.0.2.9",
    listener: null,
    connection: "c1",
    firstAt: NOW,
    lastAt: NOW,
    count: 1,
    ...over,
  };
}

async function record(office: Office, ...refusals: readonly RefusalSighting[]): Promise<void> {
  await office.store.record({ seen: [], refusals, opened: [], closed: [] });
}

describe("explainRefusal", () => {
  it("finds the newest, or that of a connection, an address, a key or a name", async () => {
    const office = new Office();
    const anna = factsOf("anna");
    await office.connects(anna);
    const stranger = refusal({ connection: "c7", address: "2001:db8::7", lastAt: NOW + 1, peer: "Zoe" });
    await record(office, refusal({ pin: anna.pin, reason: "pending", address: "192.0.2.1" }), stranger);
    const reasons = async (text: string): Promise<string> =>
      (await explainRefusal(office.store, text)).explanation.rule;
    for (const text of ["LAST", "last", "c7", "2001:db8::7", "zoe", stranger.pin ?? "", keyIdOf(stranger)]) {
      assert.equal(await reasons(text), "unknown", text);
    }
    for (const text of [
      "192.0.2.1",
      "ANNA",
      anna.pin,
      toKeyId(anna.pin),
      toKeyId(anna.pin).slice(0, 15),
      anna.fingerprint,
    ]) {
      assert.equal(await reasons(text), "pending", text);
    }
  });

  it("takes what could be both for a connection, then an address, then a key or name", async () => {
    const office = new Office();
    await record(
      office,
      refusal({ connection: "anna", peer: "ben", lastAt: NOW }),
      refusal({ connection: "c2", peer: "anna", lastAt: NOW + 5 }),
    );
    const { refusal: found } = await explainRefusal(office.store, "anna");
    assert.equal(found.connection, "anna");
  });

  it("is data: the refusal, the rule, evidence, and remedies with the key that they are about", async () => {
    const office = new Office();
    const [anna, rival] = [factsOf("anna"), factsOf("anna")];
    await office.operator.import(anna);
    await office.connects(rival);
    await record(office, refusal({ pin: rival.pin, reason: "key-changed", peer: "anna", connection: "c3" }));
    const { refusal: found, explanation } = await explainRefusal(office.store, rival.pin);
    assert.deepEqual(found, {
      connection: "c3",
      reason: "key-changed",
      detail: null,
      alert: "certificate_unknown",
      peer: "anna",
      keyId: toKeyId(rival.pin),
      pin: rival.pin,
      conflictsWith: anna.pin,
      address: "192.0.2.9",
      firstAt: new Date(NOW).toISOString(),
      lastAt: new Date(NOW).toISOString(),
      count: 1,
      listener: null,
      machine: null,
    });
    assert.deepEqual([explanation.rule, explanation.certainty], ["key-changed", "certain"]);
    assert.deepEqual(
      explanation.remedies.map(({ act, key, options }) => [act, key, options]),
      [
        ["approve-key", toKeyId(rival.pin), { replace: true }],
        ["approve-key", toKeyId(rival.pin), { add: true }],
        ["ignore-key", toKeyId(rival.pin), undefined],
      ],
    );
    assert.doesNotMatch(JSON.stringify(explanation), /handclasp|--/);
  });

  it("fails for nobody, and says where to look", async () => {
    const office = new Office();
    await assert.rejects(explainRefusal(office.store, "LAST"), /nobody was refused/);
    await record(office, refusal({}));
    await assert.rejects(explainRefusal(office.store, "nobody"), (error) => {
      assert.ok(isHandclaspError(error, "ERR_HANDCLASP_NOT_FOUND"));
      assert.deepEqual(
        error.remedies.map(({ act }) => act),
        ["list-refusals"],
      );
      return true;
    });
  });
});

function keyIdOf({ pin }: RefusalSighting): string {
  return pin === null ? "" : toKeyId(pin);
}
