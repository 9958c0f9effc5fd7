import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { DatabaseSync } from "node:sqlite";
import { describe, it } from "node:test";
import { Operator } from "../../../../src/operator/operator.ts";
import { createSchema, MIGRATIONS } from "../../../../src/store/sqlite/file/schema.ts";
import { openSqliteStore } from "../../../../src/store/sqlite/sqlite-store.ts";
import type { KeyPin } from "../../../../src/trust/records/key-record.ts";
import { claimOf } from "../../../../src/testing/contract/claims.ts";
import { factsOf, randomPin } from "../../../support/certificates.ts";
import { newPath } from "../support/stores.ts";

const AT = Date.UTC(2030, 0, 1);

/** A store as it was before keys had versions, in which strangers wait. */
function formerStore(path: string, strangers: readonly KeyPin[]): void {
  const database = new DatabaseSync(path);
  createSchema(database, MIGRATIONS.slice(0, 5));
  const key = database.prepare(
    `INSERT INTO keys (pin, state, claimed_name, source, fingerprint, first_seen, last_seen, expires, stale_seen)
       VALUES (?,'pending','anna','first-use','00',?,?,?,0)`,
  );
  for (const pin of strangers) key.run(pin, AT, AT, AT + 9e9);
  database.close();
}

describe("a store of schema 5, from before keys had versions", () => {
  it("gets versions that no two of its keys share, and gives none of them to another", async () => {
    const path = newPath();
    const strangers = [randomPin(), randomPin(), randomPin()];
    formerStore(path, strangers);
    await using store = openSqliteStore(path);
    const ben = factsOf("ben");
    await store.apply(claimOf(ben, { maxPending: 100 }));
    const versions = [...strangers, ben.pin].map((pin) => store.key(pin)?.version);
    assert.equal(new Set(versions).size, 4);
    assert.deepEqual(store.check().problems, []);
  });

  it("lets nobody be approved in the place of who was looked at", async () => {
    const path = newPath();
    const [seen, other] = [randomPin(), randomPin()];
    formerStore(path, [seen, other]);
    await using store = openSqliteStore(path);
    const operator = new Operator(store, { user: "olga", process: "test 1", now: () => AT });
    const version = store.key(seen)?.version ?? 0;
    await operator.forget(seen);
    await assert.rejects(operator.approve("anna", { seen: { version, claimedName: "anna" } }), {
      code: "ERR_HANDCLASP_CHANGED",
    });
    assert.equal(store.key(other)?.state, "pending");
  });

  it("is waited for while another process brings it up, however long that takes", async () => {
    const path = newPath();
    formerStore(path, [randomPin()]);
    const database = new DatabaseSync(path);
    database.exec("PRAGMA journal_mode = WAL");
    database.close();
    const code = `const { DatabaseSync } = require("node:sqlite");
      const database = new DatabaseSync(${JSON.stringify(path)});
      database.exec("BEGIN IMMEDIATE");
      process.stdout.write("locked");
      setTimeout(() => database.exec("COMMIT"), 6000);`;
    const other = spawn(process.execPath, ["-e", code], { stdio: ["ignore", "pipe", "inherit"] });
    await once(other.stdout, "data");
    await openSqliteStore(path).close();
    if (other.exitCode === null) await once(other, "exit");
  });
});
