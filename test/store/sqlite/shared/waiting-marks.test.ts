import assert from "node:assert/strict";
import type { DatabaseSync } from "node:sqlite";
import { describe, it } from "node:test";
import { openDatabase } from "../../../../src/node-sqlite.ts";
import { createSchema } from "../../../../src/store/sqlite/file/schema.ts";
import { RowTeller } from "../../../../src/store/sqlite/shared/tell-rows.ts";
import { WaitingMarks } from "../../../../src/store/sqlite/shared/waiting-marks.ts";

const PIN = `sha256:${"A".repeat(43)}=` as const;

function open(): { readonly database: DatabaseSync; readonly marks: WaitingMarks } {
  const database = openDatabase(":memory:");
  createSchema(database);
  return { database, marks: new WaitingMarks(database) };
}

function untold(database: DatabaseSync): readonly unknown[] {
  return database
    .prepare("SELECT key, mark, is_new FROM untold")
    .all()
    .map((row) => ({ ...row }));
}

describe("marks of keys that wait", () => {
  it("have others told of a key that waits here, once however often it was written", () => {
    const { database, marks } = open();
    marks.waits(PIN);
    marks.written(PIN);
    marks.waits(PIN);
    assert.deepEqual(untold(database), [{ key: PIN, mark: 2, is_new: 1 }]);
  });

  it("have its end told, too, once others were told of it", () => {
    const { database, marks } = open();
    marks.waits(PIN);
    const teller = new RowTeller(database);
    teller.told(teller.untold(10, "this"));
    database.prepare("INSERT OR IGNORE INTO waiting_at VALUES (?, '')").run(PIN);
    marks.waits(PIN);
    assert.deepEqual(untold(database), [{ key: PIN, mark: 0, is_new: 0 }]);
  });

  it("say nothing of keys that wait elsewhere, and of those that never waited", () => {
    const { database, marks } = open();
    database.prepare("INSERT INTO waiting_at VALUES (?, 'another')").run(PIN);
    marks.waits(PIN);
    marks.written(PIN);
    assert.deepEqual(untold(database), []);
  });
});
