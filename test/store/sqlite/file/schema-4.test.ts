import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import { describe, it } from "node:test";
import { createSchema, MIGRATIONS, SCHEMA } from "../../../../src/store/sqlite/file/schema.ts";
import { openSqliteStore } from "../../../../src/store/sqlite/sqlite-store.ts";
import { randomPin } from "../../../support/certificates.ts";
import { newPath } from "../support/stores.ts";
import { connectionsIn } from "../../../support/listed.ts";

const AT = Date.UTC(2030, 0, 1);

describe("a store of schema 3, from before connections were listed by run", () => {
  it("is brought up, with one certificate of each pending key and all of the others", async () => {
    const path = newPath();
    const database = new DatabaseSync(path);
    createSchema(database, MIGRATIONS.slice(0, 3));
    const [anna, eve] = [randomPin(), randomPin()];
    const key = database.prepare(
      `INSERT INTO keys (pin, state, peer, name_key, source, fingerprint, first_seen, last_seen, stale_seen)
         VALUES (?,?,?,?,?,?,?,?,0)`,
    );
    key.run(anna, "trusted", "anna", "anna", "first-use", "a2", AT, AT);
    key.run(eve, "pending", null, null, "first-use", "e2", AT, AT);
    const certificate = database.prepare("INSERT INTO certificates VALUES (?,?,?,?)");
    for (const [pin, letter] of [
      [anna, "a"],
      [eve, "e"],
    ] as const)
      for (const index of [0, 1, 2]) certificate.run(pin, `${letter}${index}`, randomBytes(40), AT - index);
    database
      .prepare("INSERT INTO connections VALUES (?,?,?,?,?,?)")
      .run(`serve ${process.pid}`, "c1", anna, "anna", null, AT);
    database.close();
    await using store = openSqliteStore(path);
    assert.equal(store.stats().schema, SCHEMA);
    assert.deepEqual(
      (await store.listCertificates(anna)).map(({ fingerprint }) => fingerprint),
      ["a2", "a1", "a0"],
    );
    assert.deepEqual(
      (await store.listCertificates(eve)).map(({ fingerprint }) => fingerprint),
      ["e2"],
    );
    assert.deepEqual(await connectionsIn(store), []);
    assert.deepEqual(store.check().problems, []);
  });
});
