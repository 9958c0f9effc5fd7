import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { Sql } from "postgres";
import postgres from "postgres";
import { sealEntry } from "../../../src/store/log/seal-entry.ts";
import { encodeSettledChange } from "../../../src/store/log/settled-change.ts";
import { openStore } from "../../../src/store/open-store.ts";
import { claimOf } from "../../../src/testing/contract/claims.ts";
import { type LogEntry, type LogPlace, MOST_BYTES } from "../../../src/trust/port/change-log.ts";
import type { TrustStore } from "../../../src/trust/port/trust-store.ts";
import { prepareChange } from "../../../src/trust/prepare-change.ts";
import { factsOf } from "../../support/certificates.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { PostgresServer, postgresPrograms } from "./support/postgres-server.ts";

const [programs] = postgresPrograms();
assert.ok(programs, "no PostgreSQL was found, though npm installs one");

const NOW = new Date().toISOString();
const [anna, mallory] = [factsOf("anna"), factsOf("mallory")];
const CLAIM = encodeSettledChange({ change: prepareChange(claimOf(mallory)), seen: [] });

/** What whoever owns the table may write into it instead of an entry, and what is said of that. */
const FORGERIES: readonly (readonly [string, (entry: LogEntry) => LogEntry, RegExp])[] = [
  ["another hash", (entry) => ({ ...entry, hash: "0".repeat(64) }), /the hash of entry 2 does not match/],
  ["a hash that is too short", (entry) => ({ ...entry, hash: "00" }), /the hash of entry 2 does not match/],
  [
    "another change",
    (entry) => ({ ...entry, change: CLAIM.replace("mallory", "anna") }),
    /the hash of entry 2/,
  ],
  ["another appender", (entry) => ({ ...entry, appendedBy: randomUUID() }), /the hash of entry 2/],
  ["another number of rules", (entry) => ({ ...entry, rules: 0 }), /the hash of entry 2/],
  ["another time", (entry) => ({ ...entry, at: "2000-01-01T00:00:00.000Z" }), /the hash of entry 2/],
  ["no time", (entry) => sealed({ ...entry, at: "now" }), /entry 2 has no time/],
  ["another one before it", (entry) => sealed({ ...entry, previous: "1".repeat(64) }), /does not follow/],
  ["a hole before it", (entry) => sealed({ ...entry, position: 4 }), /entry 4 comes after entry 1/],
  ["nothing instead of its id", without("id"), /entry 2 has no id/],
  ["nothing instead of who appended it", without("appendedBy"), /entry 2 has no id/],
  ["nothing instead of its time", without("at"), /entry 2 has no time/],
  ["nothing instead of its hash", without("hash"), /the hash of entry 2 does not match/],
  ["nothing instead of what is before it", without("previous"), /does not follow/],
  ["rules that nobody knows", (entry) => sealed({ ...entry, rules: 9 }), /rules/],
];

/** What is in the chain as it should be, and no change that could be carried out. */
const NONSENSE: readonly (readonly [string, string])[] = [
  ["nothing", ""],
  ["no JSON", "garbage"],
  ["half of a change", CLAIM.slice(0, 100)],
  ["an unknown type", CLAIM.replace('"type":"claim"', '"type":"obey"')],
  ["a type of every object", CLAIM.replace('"type":"claim"', '"type":"constructor"')],
  ["more than any change is long", `${CLAIM}${" ".repeat(MOST_BYTES)}`],
];

function without(field: keyof LogEntry): (entry: LogEntry) => LogEntry {
  return (entry) => ({ ...entry, [field]: null });
}

function sealed(entry: LogEntry): LogEntry {
  const { position, previous, id, change, appendedBy, rules, at } = entry;
  return sealEntry(
    { position: position - 1, hash: previous },
    { id, change },
    { node: appendedBy, rules },
    at,
  );
}

function entryAfter(place: LogPlace, change: string): LogEntry {
  return sealEntry(place, { id: randomUUID(), change }, { node: randomUUID(), rules: 1 }, NOW);
}

describe("a log in which its owner writes", () => {
  let server: PostgresServer;
  let sql: Sql;
  let count = 0;
  before(async () => {
    server = await PostgresServer.open(programs);
    sql = postgres(server.url(), { max: 1, onnotice: () => undefined });
  });
  after(async () => {
    await sql.end();
    await server[Symbol.asyncDispose]();
  });

  /** A machine whose log has one change. */
  async function machine(): Promise<{ readonly store: TrustStore; readonly schema: string }> {
    const schema = `owned_${++count}`;
    const replica = join(temporaryFolder(), "replica.db");
    const store = openStore(`${server.url()}?replica=${replica}&schema=${schema}`);
    await store.catchUp();
    await store.apply(claimOf(anna));
    return { store, schema };
  }

  async function write(schema: string, entry: LogEntry): Promise<void> {
    const { position, id, previous, hash, rules, appendedBy, at, change } = entry;
    const log = sql.unsafe(`${schema}.change_log`);
    for (const column of ["id", "previous", "hash", "appended_by", "at"])
      await sql`ALTER TABLE ${log} ALTER COLUMN ${sql.unsafe(column)} DROP NOT NULL`;
    await sql`INSERT INTO ${log} VALUES (${position}, ${id}, decode(${previous}, 'hex'), decode(${hash}, 'hex'),
      ${rules}, ${appendedBy}, ${at}, ${change})`;
  }

  async function placeOf(schema: string): Promise<LogPlace> {
    const [row] = await sql<{ readonly position: string; readonly hash: string }[]>`
      SELECT position, encode(hash, 'hex') AS hash FROM ${sql.unsafe(schema)}.change_log ORDER BY position DESC LIMIT 1`;
    assert.ok(row);
    return { position: Number(row.position), hash: row.hash };
  }

  for (const [what, forge, said] of FORGERIES) {
    it(`is followed no further than to ${what}, says why, and is again once that is gone`, async () => {
      const { store, schema } = await machine();
      const place = await placeOf(schema);
      await write(schema, forge(entryAfter(place, CLAIM)));
      await assert.rejects(store.catchUp(), said);
      assert.equal(store.replication()?.position, 1);
      assert.notEqual(store.replication()?.behind, 0);
      if (!what.startsWith("rules")) assert.match(store.replication()?.brokenLog ?? "", said);
      assert.equal(store.key(mallory.pin), undefined);
      assert.equal(store.key(anna.pin)?.state, "trusted");
      await assert.rejects(store.apply(claimOf(factsOf("ben"))));
      await sql`DELETE FROM ${sql.unsafe(schema)}.change_log WHERE position > 1`;
      await untilCaughtUp(store);
      assert.equal((await store.apply(claimOf(factsOf("ben")))).kind, "changed");
      assert.deepEqual(store.check().problems, []);
      await store.close();
    });
  }

  for (const [what, change] of NONSENSE) {
    it(`comes to nothing where that is ${what}, and goes on behind it`, async () => {
      const { store, schema } = await machine();
      await write(schema, entryAfter(await placeOf(schema), change));
      const { digest } = store.replication() ?? {};
      await store.catchUp();
      assert.equal(store.replication()?.position, 2);
      assert.equal(store.replication()?.digest, digest);
      assert.equal(store.key(mallory.pin), undefined);
      assert.equal((await store.apply(claimOf(factsOf("ben")))).kind, "changed");
      await store.close();
    });
  }
});

/** A look that began before may say once more what is wrong. */
async function untilCaughtUp(store: TrustStore): Promise<void> {
  for (;;) {
    try {
      return await store.catchUp();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
