import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { describe, it } from "node:test";
import { createSchema } from "../../../src/store/sqlite/file/schema.ts";
import { SqliteTables } from "../../../src/store/sqlite/tables/sqlite-tables.ts";
import { dropKeys, type KeyDraft, putKey, putKeys, touchKeys } from "../../../src/trust/changes/put-key.ts";
import type { KeyPin } from "../../../src/trust/records/key-record.ts";
import { randomPin } from "../../support/certificates.ts";

function tablesOf(): SqliteTables {
  const database = new DatabaseSync(":memory:");
  createSchema(database);
  return new SqliteTables(database);
}

/** Somebody who is trusted by a name. */
function trusted(pin: KeyPin, name: string): KeyDraft {
  return {
    pin,
    state: "trusted",
    peer: name,
    nameKey: name,
    claimedName: name,
    claimedKey: name,
    newName: null,
    newKey: null,
    source: "first-use",
    fingerprint: "00".repeat(32),
    firstSeen: 1,
    firstAddress: null,
    expires: null,
    conflictsWith: null,
    staleSeen: false,
    endorsesFrom: 0,
    note: null,
  };
}

/** A stranger who claims a name. */
function waiting(pin: KeyPin, name: string): KeyDraft {
  return { ...trusted(pin, name), state: "pending", peer: null, nameKey: null, expires: 1000 };
}

describe("writing a key", () => {
  it("gives it another version when what operators look at is another, and keeps it when it is only seen again", () => {
    const tables = tablesOf();
    const anna = trusted(randomPin(), "anna");
    const first = putKey(tables, anna);
    assert.equal(
      putKey(tables, { ...anna, staleSeen: true, fingerprint: "11".repeat(32) }).version,
      first.version,
    );
    const versions = [
      putKey(tables, { ...anna, note: "in the hall" }),
      putKey(tables, { ...anna, note: "in the hall", expires: 5 }),
      putKey(tables, { ...anna, state: "revoked" }),
    ].map(({ version }) => version);
    assert.ok(
      versions.every((version, at) => version > (versions[at - 1] ?? first.version)),
      versions.join(" "),
    );
  });

  it("never gives out a version twice, not even to a key that came back", () => {
    const tables = tablesOf();
    const anna = trusted(randomPin(), "anna");
    const before = putKey(tables, anna);
    dropKeys(tables, [before]);
    assert.equal(tables.key(anna.pin), undefined);
    assert.ok(putKey(tables, anna).version > before.version);
  });

  it("has who waits for a name conflict with who has it, from when it is had until it is free", () => {
    const tables = tablesOf();
    const [holder, rival] = [randomPin(), randomPin()];
    const conflict = (): KeyPin | null | undefined => tables.key(rival)?.conflictsWith;
    putKey(tables, waiting(rival, "anna"));
    assert.equal(conflict(), null);
    const anna = putKey(tables, trusted(holder, "anna"));
    assert.equal(conflict(), holder);
    putKey(tables, trusted(holder, "ben"));
    assert.equal(conflict(), null);
    putKey(tables, trusted(holder, "anna"));
    dropKeys(tables, [{ ...anna, version: 0 }]);
    assert.equal(conflict(), null);
  });

  it("has a stranger conflict at once with who has the name already", () => {
    const tables = tablesOf();
    const holder = putKey(tables, trusted(randomPin(), "anna"));
    assert.equal(putKey(tables, waiting(randomPin(), "anna")).conflictsWith, holder.pin);
    assert.equal(putKey(tables, waiting(randomPin(), "ben")).conflictsWith, null);
  });

  it("looks at who waits once all of several keys are written", () => {
    const tables = tablesOf();
    const [first, second, rival] = [randomPin(), randomPin(), randomPin()];
    putKey(tables, waiting(rival, "anna"));
    putKeys(tables, [trusted(first, "anna"), trusted(second, "ben")]);
    assert.equal(tables.key(rival)?.conflictsWith, first);
    putKeys(tables, [trusted(first, "carl"), trusted(second, "anna")]);
    assert.equal(tables.key(rival)?.conflictsWith, second);
  });

  it("gives all keys of a peer another version for what is said of the peer, and no other key", () => {
    const tables = tablesOf();
    const [anna, annas, ben] = [
      trusted(randomPin(), "anna"),
      trusted(randomPin(), "anna"),
      trusted(randomPin(), "ben"),
    ];
    const before = putKeys(tables, [anna, annas, ben]).map(({ version }) => version);
    touchKeys(tables, "anna");
    const after = [anna, annas, ben].map(({ pin }) => tables.key(pin)?.version ?? 0);
    assert.deepEqual(
      after.map((version, at) => version > (before[at] ?? 0)),
      [true, true, false],
    );
  });
});
