import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import { describe, it } from "node:test";
import { openDatabase } from "../../../../src/node-sqlite.ts";
import { RowJournal } from "../../../../src/store/sqlite/digest/row-journal.ts";
import { CERTIFICATE_TABLES } from "../../../../src/store/sqlite/file/certificate-tables.ts";
import { openSqliteFile } from "../../../../src/store/sqlite/file/sqlite-file.ts";
import { SnapshotLoader } from "../../../../src/store/sqlite/snapshot/snapshot-loader.ts";
import { ReplicaWriter } from "../../../../src/store/sqlite/writing/replica-writer.ts";
import { createSchema, MIGRATIONS, SCHEMA } from "../../../../src/store/sqlite/file/schema.ts";
import { Operator } from "../../../../src/operator/operator.ts";
import { openSqliteStore } from "../../../../src/store/sqlite/sqlite-store.ts";
import { randomPin } from "../../../support/certificates.ts";
import { newPath } from "../support/stores.ts";

const AT = Date.UTC(2030, 0, 1);
const FORMER = MIGRATIONS.findIndex((sql) => sql.includes("CREATE TABLE decided_sum"));
const LETTERS = ["b", "a", "c"];

describe("a store from before certificates had small indexes", () => {
  it("is brought up, with all certificates in their order, found by key and by fingerprint", async () => {
    const path = newPath();
    const database = new DatabaseSync(path);
    createSchema(database, MIGRATIONS.slice(0, FORMER));
    const anna = randomPin();
    database
      .prepare(
        `INSERT INTO keys (pin, state, peer, name_key, source, fingerprint, first_seen, stale_seen)
           VALUES (?, 'trusted', 'anna', 'anna', 'first-use', ?, ?, 0)`,
      )
      .run(anna, "c".repeat(64), AT);
    const certificate = database.prepare(
      "INSERT INTO certificates (pin, fingerprint, der, added_at) VALUES (?, ?, ?, ?)",
    );
    for (const letter of LETTERS) certificate.run(anna, letter.repeat(64), randomBytes(40), AT);
    database.close();

    await using store = openSqliteStore(path);
    assert.equal(store.stats().schema, SCHEMA);
    assert.deepEqual(
      (await store.listCertificates(anna)).map(({ fingerprint }) => fingerprint[0]),
      LETTERS.toReversed(),
    );
    const operator = new Operator(store, { user: "olga", process: "test 1", now: () => AT });
    const [revoked] = await operator.revoke("a".repeat(64));
    assert.equal(revoked?.pin, anna);
    await assert.rejects(operator.revoke(`${"a".repeat(63)}0`), { code: "ERR_HANDCLASP_NOT_FOUND" });
    assert.deepEqual(store.check().problems, []);
  });

  it("is brought up while a snapshot is being taken in, whose indexes are not there", () => {
    const path = newPath();
    const database = new DatabaseSync(path);
    createSchema(
      database,
      MIGRATIONS.slice(
        0,
        MIGRATIONS.findIndex((sql) => sql === CERTIFICATE_TABLES),
      ),
    );
    const indexes = database
      .prepare(
        "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND tbl_name IN ('keys', 'certificates') AND sql IS NOT NULL",
      )
      .all();
    for (const { name } of indexes) database.exec(`DROP INDEX ${String(name)}`);
    database
      .prepare("INSERT INTO snapshot_load VALUES (?, 1, ?, 0, ?, 0, ?)")
      .run("one", new Uint8Array(256), "0".repeat(64), JSON.stringify(indexes.map(({ sql }) => sql)));
    database.close();

    const brought = openSqliteFile(path);
    assert.throws(() => new ReplicaWriter(brought, new RowJournal(brought)).follow([], "at once"));
    assert.throws(() => new ReplicaWriter(brought, new RowJournal(brought)).follow([], "one by one"), {
      code: "ERR_HANDCLASP_STORE_READ",
    });
    new SnapshotLoader(brought).drop({ id: "one" });
    const fresh = openDatabase(":memory:");
    createSchema(fresh);
    assert.deepEqual(indexesOf(brought), indexesOf(fresh));
    brought.close();
  });
});

function indexesOf(database: DatabaseSync): unknown {
  return database.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'index' ORDER BY name").all();
}
