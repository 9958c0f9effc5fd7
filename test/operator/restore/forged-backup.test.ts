import assert from "node:assert/strict";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { describe, it } from "node:test";
import { openDatabase } from "../../../src/node-sqlite.ts";
import { openBackup } from "../../../src/store/open-backup.ts";
import type { CertificateFacts } from "../../../src/x509/certificate-facts.ts";
import { factsOf } from "../../support/certificates.ts";
import { Archive } from "../support/archive.ts";

/** A backup that somebody wrote to who knows how SQLite keeps things. */
async function forged(archive: Archive, forge: (database: DatabaseSync) => void): Promise<string> {
  const path = join(archive.folder, "forged.db");
  await archive.store.backup(path);
  using database = openDatabase(path, { defensive: false });
  forge(database);
  return path;
}

interface SchemaRow {
  readonly type: string;
  readonly name: string;
  readonly rootpage: number;
  readonly sql: string | null;
}

/** The table says what it said, and all its indexes say another pin. */
function putIntoIndexes(database: DatabaseSync, { pin }: CertificateFacts): void {
  const rows = database
    .prepare("SELECT type, name, rootpage, sql FROM sqlite_schema WHERE tbl_name = 'keys'")
    .all() as unknown as readonly SchemaRow[];
  const { pin: former } = database.prepare("SELECT pin FROM keys").get() as { pin: string };
  database.prepare("UPDATE keys SET pin = ?").run(pin);
  const table = rows.find(({ type }) => type === "table")?.sql ?? "";
  const describeKeys = (sql: string, indexes: readonly SchemaRow[]): void => {
    database.exec(
      "PRAGMA writable_schema = ON; DELETE FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'keys'",
    );
    database.prepare("UPDATE sqlite_schema SET sql = ? WHERE name = 'keys'").run(sql);
    const add = database.prepare("INSERT INTO sqlite_schema VALUES ('index', ?, 'keys', ?, ?)");
    for (const index of indexes) add.run(index.name, index.rootpage, index.sql);
    database.exec("PRAGMA writable_schema = RESET");
  };
  describeKeys(table.replace("UNIQUE", ""), []);
  database.prepare("UPDATE keys SET pin = ?").run(former);
  describeKeys(
    table,
    rows.filter(({ type }) => type === "index"),
  );
}

describe("a backup that is forged below what its rows say", () => {
  it("gives nobody trust whom indexes name, and the table does not", async () => {
    await using archive = new Archive();
    const [anna, mallory] = [await archive.meet("anna"), factsOf("mallory")];
    const path = await forged(archive, (database) => {
      putIntoIndexes(database, mallory);
      database.prepare("UPDATE certificates SET der = ?").run(mallory.der);
    });
    await assert.rejects(
      async () => {
        await using backup = openBackup(path);
        await archive.restore(backup);
      },
      { code: "ERR_HANDCLASP_STORE_CORRUPT", message: /missing from index/ },
    );
    assert.deepEqual(
      [anna, mallory].map((one) => archive.standing(one)[0]),
      ["trusted", null],
    );
  });

  it("brings back no key with a certificate that is another one: no snapshot that has it would count", async () => {
    await using archive = new Archive();
    const [anna, ben] = [await archive.meet("anna"), await archive.meet("ben")];
    const path = await forged(archive, (database) =>
      database.prepare("UPDATE certificates SET der = x'3000' WHERE fingerprint = ?").run(anna.fingerprint),
    );
    await archive.operator.forget("anna");
    await archive.operator.forget("ben");
    await using backup = openBackup(path);
    await archive.restore(backup);
    assert.deepEqual(
      [anna, ben].map((one) => archive.standing(one)[0]),
      [null, "trusted"],
    );
  });

  it("is none where its events are a view, that can say something else each time", async () => {
    await using archive = new Archive();
    await archive.meet("anna");
    const path = await forged(archive, (database) =>
      database.exec(`ALTER TABLE events RENAME TO said;
        CREATE VIEW events AS SELECT sequence, json, iif(random() % 2, hash, '') AS hash, reached, type, about FROM said`),
    );
    assert.throws(() => openBackup(path), {
      code: "ERR_HANDCLASP_STORE_CORRUPT",
      message: /its events is a view, and no table/,
    });
  });
});
