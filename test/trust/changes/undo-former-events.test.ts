import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { describe, it } from "node:test";
import { createSchema } from "../../../src/store/sqlite/file/schema.ts";
import { SqliteStore } from "../../../src/store/sqlite/sqlite-store.ts";
import { SqliteTables } from "../../../src/store/sqlite/tables/sqlite-tables.ts";
import { claimOf } from "../../../src/testing/contract/claims.ts";
import type { Actor, EventDraft } from "../../../src/trust/records/events.ts";
import { factsOf } from "../../support/certificates.ts";

const AT = Date.UTC(2030, 0, 1);
const ACTOR = { user: "olga", process: "test 1", address: null, listener: null };
/** As former versions wrote it. */
const FORMER_ACTOR = { user: "olga", process: "test 1", address: null } as Actor;

function opened(): { store: SqliteStore; tables: SqliteTables } {
  const database = new DatabaseSync(":memory:");
  createSchema(database);
  return { store: new SqliteStore(database, null, {}), tables: new SqliteTables(database) };
}

describe("undo of what a former version wrote, whose events have names and no folds", () => {
  it("gives the former name back so that nobody else gets it", async () => {
    const { store, tables } = opened();
    const anna = factsOf("Anna");
    await store.apply(claimOf(anna));
    const key = store.key(anna.pin);
    assert.ok(key);
    tables.putKey({ ...key, peer: "Berta", nameKey: "berta" });
    const renamed: EventDraft = {
      type: "renamed",
      at: AT,
      actor: FORMER_ACTOR,
      pin: anna.pin,
      peer: "Berta",
      before: "trusted",
      after: "trusted",
      details: { formerName: "Anna" },
    };
    tables.appendEvent(renamed);
    await store.apply({ type: "undo", at: AT, actor: ACTOR, sequence: 2 });
    assert.partialDeepStrictEqual(store.key(anna.pin), { peer: "Anna", nameKey: "anna" });
    assert.equal((await store.apply(claimOf(factsOf("ANNA")))).kind, "lost");
    assert.deepEqual(store.audit().rows?.differences, []);
    await store.close();
  });

  it("gives no key a name that the former version did not give it", async () => {
    const { store, tables } = opened();
    const [anna, eve] = [factsOf("anna"), factsOf("anna")];
    await store.apply(claimOf(anna));
    await store.apply(claimOf(eve));
    const key = store.key(eve.pin);
    assert.ok(key);
    tables.putKey({ ...key, state: "ignored", expires: null, conflictsWith: null });
    const ignored: EventDraft = {
      type: "ignored",
      at: AT,
      actor: FORMER_ACTOR,
      pin: eve.pin,
      peer: "anna",
      before: "pending",
      after: "ignored",
      details: {},
    };
    tables.appendEvent(ignored);
    await store.apply({ type: "revoke", at: AT, actor: ACTOR, key: eve.pin });
    await store.apply({ type: "undo", at: AT, actor: ACTOR, sequence: 3 });
    assert.partialDeepStrictEqual(store.key(eve.pin), { state: "ignored", peer: null, nameKey: null });
    assert.deepEqual(store.audit().rows?.differences, []);
    await store.close();
  });
});
