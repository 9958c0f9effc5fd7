import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import { describe, it } from "node:test";
import {
  APPLICATION_ID,
  createSchema,
  MIGRATIONS,
  readSchema,
  SCHEMA,
} from "../../../../src/store/sqlite/file/schema.ts";
import { openSqliteStore } from "../../../../src/store/sqlite/sqlite-store.ts";
import { CHAIN_START, sealEvent } from "../../../../src/trust/records/events.ts";
import type { KeyPin } from "../../../../src/trust/records/key-record.ts";
import { createTokenOf, joinOf } from "../../../../src/testing/contract/join-tokens.ts";
import { factsOf, randomPin } from "../../../support/certificates.ts";
import { newPath } from "../support/stores.ts";
import { refusalsIn, tokensIn } from "../../../support/listed.ts";

const AT = Date.UTC(2030, 0, 1);

/** A store as it was before there were tokens, with a row or two in every table. */
function formerStore(): { path: string; pins: Record<"anna" | "eve" | "gone", KeyPin> } {
  const path = newPath();
  const database = new DatabaseSync(path);
  database.exec("PRAGMA journal_mode = WAL");
  createSchema(database, MIGRATIONS.slice(0, 1));
  const pins = { anna: randomPin(), eve: randomPin(), gone: randomPin() };
  const key = database.prepare(
    `INSERT INTO keys (pin, state, peer, name_key, claimed_name, new_name, source, fingerprint, first_seen, last_seen,
       expires, conflicts_with, stale_seen) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)`,
  );
  key.run(pins.anna, "trusted", "Anna", "anna", "Anna", null, "first-use", "aa", AT, AT + 1, null, null, 0);
  key.run(pins.eve, "pending", null, null, "anna", null, "first-use", "ee", AT, AT, AT + 9e9, pins.anna, 0);
  database.prepare("INSERT INTO certificates VALUES (?,?,?,?)").run(pins.anna, "aa", randomBytes(40), AT);
  database.prepare("INSERT INTO tombstones VALUES (?,?)").run(pins.gone, AT);
  const actor = { user: null, process: "serve 1", address: "192.0.2.1", listener: null };
  const drafted = { type: "met", at: AT, actor, pin: pins.anna, peer: "Anna", before: null } as const;
  const draft = { ...drafted, pin: pins.anna, after: "trusted", details: {} } as const;
  const { sequence, json, hash } = sealEvent(CHAIN_START, draft);
  database.prepare("INSERT INTO events VALUES (?,?,?)").run(sequence, json, hash);
  database.prepare("INSERT INTO settings VALUES (?,?)").run("server", "here");
  database
    .prepare(
      "INSERT INTO refusals (place, pin, reason, peer, address, connection, first_at, last_at, count) VALUES (?,?,?,?,?,?,?,?,?)",
    )
    .run(`pending ${pins.eve} 192.0.2.7`, pins.eve, "pending", "anna", "192.0.2.7", "c-1", AT, AT + 5, 3);
  database.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
  database.close();
  return { path, pins };
}

describe("a store of schema 1, from before there were join tokens", () => {
  it("is brought up with everything that is in it", async () => {
    const { path, pins } = formerStore();
    await using store = openSqliteStore(path);
    assert.equal(store.stats().schema, SCHEMA);
    assert.partialDeepStrictEqual(store.key(pins.anna), {
      state: "trusted",
      peer: "Anna",
      firstSeen: AT,
      endorsesFrom: 0,
    });
    assert.equal((await store.listKeys({ pins: [pins.anna] })).items[0]?.lastSeen, AT + 1);
    assert.partialDeepStrictEqual(store.key(pins.eve), {
      state: "pending",
      conflictsWith: pins.anna,
    });
    assert.equal((await store.listCertificates(pins.anna)).length, 1);
    assert.ok(store.isForgotten(pins.gone));
    assert.equal(store.setting("server"), "here");
    assert.partialDeepStrictEqual(await refusalsIn(store), [{ reason: "pending", detail: null, count: 3 }]);
    assert.deepEqual(store.check().problems, []);
    assert.deepEqual(store.check().chain, { head: store.head(), broken: null });
    assert.equal(store.head().sequence, 1);
  });

  it("takes tokens from then on, and adds to refusals that it has", async () => {
    const { path, pins } = formerStore();
    await using store = openSqliteStore(path);
    assert.deepEqual(await tokensIn(store), []);
    await store.apply(createTokenOf("ben"));
    const ben = factsOf("ben");
    assert.equal((await store.apply(joinOf(ben))).kind, "changed");
    assert.equal(store.key(ben.pin)?.peer, "ben");
    const pin = pins.eve;
    const refusal = {
      pin,
      reason: "pending",
      detail: null,
      problem: null,
      fingerprint: null,
      peer: "anna",
      address: "192.0.2.7",
      listener: null,
    } as const;
    const seen = { ...refusal, connection: "c-2", firstAt: AT + 9, lastAt: AT + 9, count: 1 };
    await store.record({ seen: [], refusals: [seen], opened: [], closed: [] });
    assert.partialDeepStrictEqual(await refusalsIn(store), [
      { ...refusal, count: 4, firstAt: AT, connection: "c-2" },
    ]);
    assert.equal(store.check().chain.broken, null);
  });

  it("is refused by a version that knows no more than schema 1 once it was brought up", async () => {
    const { path } = formerStore();
    await openSqliteStore(path).close();
    const database = new DatabaseSync(path);
    assert.throws(() => readSchema(database, 1), { code: "ERR_HANDCLASP_STORE_NEWER" });
    database.close();
  });
});
