import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { openDatabase } from "../../../../src/node-sqlite.ts";
import { createSchema } from "../../../../src/store/sqlite/file/schema.ts";
import { AbsentRows } from "../../../../src/store/sqlite/tables/absent-rows.ts";
import { SqliteTables } from "../../../../src/store/sqlite/tables/sqlite-tables.ts";
import type { KeyRecord } from "../../../../src/trust/records/key-record.ts";
import { randomPin } from "../../../support/certificates.ts";

const AT = Date.UTC(2030, 0, 1);

describe("rows that are absent", () => {
  it("are looked for again once one of them is written", () => {
    const { absent } = newTables();
    absent.begin();
    assert.deepEqual(told(absent), { tombstones: true, conflicts: true, waiting: true, shared: true });
    absent.putKey({ ...keyThatWaits(), state: "trusted", peer: "anna", nameKey: "anna" });
    assert.deepEqual([absent.waiting, absent.conflicts], [true, true]);
    absent.putKey(keyThatWaits());
    assert.deepEqual([absent.waiting, absent.conflicts], [false, true]);
    absent.putKey({ ...keyThatWaits(), conflictsWith: randomPin() });
    assert.equal(absent.conflicts, false);
    absent.putTombstone();
    assert.equal(absent.tombstones, false);
  });

  it("are none of those that are there", () => {
    const { database, tables, absent } = newTables();
    tables.putKey({ ...keyThatWaits(), conflictsWith: randomPin() });
    tables.putTombstone(randomPin(), AT);
    database.prepare("INSERT INTO waiting_at VALUES (?, '')").run(randomPin());
    absent.begin();
    assert.deepEqual(told(absent), { tombstones: false, conflicts: false, waiting: false, shared: false });
  });

  it("are all looked for outside of what is done at once", () => {
    const { absent } = newTables();
    const none = { tombstones: false, conflicts: false, waiting: false, shared: false };
    assert.deepEqual(told(absent), none);
    absent.begin();
    absent.end();
    assert.deepEqual(told(absent), none);
  });
});

function newTables() {
  const database = openDatabase(":memory:");
  createSchema(database);
  return { database, tables: new SqliteTables(database), absent: new AbsentRows(database) };
}

function told({ tombstones, conflicts, waiting, shared }: AbsentRows): object {
  return { tombstones, conflicts, waiting, shared };
}

function keyThatWaits(): KeyRecord {
  return {
    pin: randomPin(),
    state: "pending",
    peer: null,
    nameKey: null,
    claimedName: "anna",
    claimedKey: "anna",
    newName: null,
    newKey: null,
    source: "first-use",
    fingerprint: "a".repeat(64),
    firstSeen: AT,
    firstAddress: null,
    expires: AT + 1000,
    conflictsWith: null,
    staleSeen: false,
    endorsesFrom: 0,
    note: null,
    version: 3,
  };
}
