import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import { describe, it } from "node:test";
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
});
