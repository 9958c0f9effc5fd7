import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";
import { openDatabase } from "../../../../src/node-sqlite.ts";
import { createSchema } from "../../../../src/store/sqlite/file/schema.ts";
import { SharedWriter } from "../../../../src/store/sqlite/shared/shared-writer.ts";
import { WaitingMarks } from "../../../../src/store/sqlite/shared/waiting-marks.ts";
import { SqliteTables } from "../../../../src/store/sqlite/tables/sqlite-tables.ts";
import { replaceRows } from "../../../../src/store/sqlite/writing/replace-rows.ts";
import type { KeyRecord } from "../../../../src/trust/records/key-record.ts";
import { factsOf } from "../../../support/certificates.ts";
import { temporaryFolder } from "../../../support/temporary-folder.ts";

const { pin, fingerprint, der } = factsOf("anna");
const WAITING: KeyRecord = {
  pin,
  state: "pending",
  peer: null,
  nameKey: null,
  claimedName: "anna",
  claimedKey: "anna",
  newName: null,
  newKey: null,
  source: "first-use",
  fingerprint,
  firstSeen: 1,
  firstAddress: null,
  expires: 99,
  conflictsWith: null,
  staleSeen: false,
  endorsesFrom: 0,
  note: null,
  version: 3,
};

describe("rows of a log that took another way", () => {
  it("have a key wait here no more that they decide about, and others are told of it", () => {
    const path = join(temporaryFolder(), "anew.db");
    using anew = openDatabase(path);
    createSchema(anew);
    using database = openDatabase(":memory:");
    createSchema(database);
    const shared = new SharedWriter(database);
    const marks = new WaitingMarks(database);
    const tables = new SqliteTables(database);
    const put = (into: SqliteTables, key: KeyRecord): void => {
      into.putKey(key, 5);
      into.putCertificate({ pin, fingerprint, der, addedAt: 1 });
    };
    /** What others are told, and this machine is rid of. */
    const tell = (): readonly string[] => {
      const rows = shared.untold(100, "north");
      const place = { epoch: "e", revision: 1, since: 1 };
      shared.exchanged(
        rows,
        { rows: [], place, isWhole: false, hasMore: false },
        { node: "north", now: 100 },
      );
      return rows.map(({ kind, value }) => `${kind} ${value === null ? "is gone" : "is told"}`);
    };
    put(tables, WAITING);
    marks.waits(pin);
    assert.deepEqual(tell(), ["waiting is told"]);
    shared.told(() => {
      tables.deleteKey(pin);
      put(tables, { ...WAITING, note: "who is this?" });
      marks.written(pin);
    });
    tell();
    const decided = { state: "trusted", peer: "anna", nameKey: "anna", expires: null, version: 4 } as const;
    put(new SqliteTables(anew), { ...WAITING, ...decided });
    database.prepare("ATTACH ? AS anew").run(path);
    database.exec("BEGIN");
    shared.told(() => replaceRows(database, tables, 0));
    database.exec("COMMIT");
    assert.deepEqual(tell(), ["waiting is gone"]);
    assert.deepEqual(database.prepare("SELECT * FROM waiting_at").all(), []);
  });
});
