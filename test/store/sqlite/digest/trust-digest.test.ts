import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { DatabaseSync, SQLOutputValue } from "node:sqlite";
import { join } from "node:path";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { isHandclaspError } from "../../../../src/errors.ts";
import { openDatabase } from "../../../../src/node-sqlite.ts";
import { TrustDigest } from "../../../../src/store/sqlite/digest/trust-digest.ts";
import { createSchema, migrate, MIGRATIONS } from "../../../../src/store/sqlite/file/schema.ts";
import { openSqliteStore } from "../../../../src/store/sqlite/sqlite-store.ts";
import { SqliteWriter, type Write } from "../../../../src/store/sqlite/writing/sqlite-writer.ts";
import { claimOf } from "../../../../src/testing/contract/claims.ts";
import { prepareChange } from "../../../../src/trust/prepare-change.ts";
import type { Change } from "../../../../src/trust/records/change.ts";
import { factsOf } from "../../../support/certificates.ts";
import { temporaryFolder } from "../../../support/temporary-folder.ts";
import { DRAWN } from "../../../trust/support/draws.ts";
import { type Draw, randomChange } from "../../../trust/support/random-change.ts";
import { contentOf } from "../../../trust/support/replica.ts";
import { newPath } from "../support/stores.ts";

const AT = Date.UTC(2030, 0, 1);
const RUNS = Number(process.env["RUNS"] ?? 60);
const ORIGIN = { at: AT, actor: { user: "olga", process: "test 1", address: "192.0.2.7", listener: null } };
/** In no digest: what each machine has for itself, and what lists find rows by, which an audit compares. */
const ELSEWHERE: ReadonlySet<string> = new Set([
  "keys.number",
  "keys.fingerprint",
  "keys.place",
  "keys.searched",
]);
const DECIDED_TABLES = [
  "keys",
  "tombstones",
  "tokens",
  "api_tokens",
  "group_members",
  "noted",
  "first_use_window",
] as const;

interface Step extends Draw {
  readonly how: "change" | "trial" | "broken" | "settle";
  /** Whether its transaction ends with it. */
  readonly ends: boolean;
  readonly restarts: boolean;
}

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.record({
    ...DRAWN,
    waitMs: fc.constantFrom(0, 0, 1, 400_000, 90_000_000, 9_000_000_000),
    how: fc.constantFrom("change", "change", "change", "trial", "broken", "settle"),
    ends: fc.boolean(),
    restarts: fc.integer({ min: 0, max: 9 }).map((drawn) => drawn === 0),
  }),
  { minLength: 1, maxLength: 60, size: "max" },
);

function writeOf(step: Step, at: number): Write | undefined {
  try {
    const change = prepareChange(randomChange(step, at));
    if (step.how === "change" || step.how === "trial" || step.how === "settle") {
      return { kind: step.how, change };
    }
    // It fails where its event is written, after its rows were.
    return { kind: "change", change: { ...change, at: 9e15 } };
  } catch (error) {
    if (isHandclaspError(error)) return undefined;
    throw error;
  }
}

/** All rows that count. */
function decidedRows(database: DatabaseSync): string {
  const { keys = [], key_versions: versions = [], ...others } = contentOf(database);
  const decided = keys
    .map((row) => JSON.parse(row) as Record<string, unknown>)
    .filter(({ state, expires, note }) => state !== "pending" || expires === null || note !== null)
    .map((row) => ({ ...row, fingerprint: undefined, place: undefined, searched: undefined }));
  const tables = DECIDED_TABLES.slice(1).map((table) => others[table]);
  return JSON.stringify([decided, versions.map((row) => JSON.parse(row).decided as number), tables]);
}

/** With a row of every kind that counts, each in all its columns. */
function filled(): DatabaseSync {
  const database = openDatabase(":memory:");
  createSchema(database);
  const writer = new SqliteWriter(database);
  const apply = (change: Change): void => {
    const [written] = writer.write([{ kind: "change", change: prepareChange(change) }]);
    assert.ok(written?.ok === true, JSON.stringify(written));
  };
  const [anna, ben] = [factsOf("Anna"), factsOf("ben")];
  const token = {
    publicKey: new Uint8Array(32),
    peer: "dora",
    serverPin: ben.pin,
    from: null,
    replace: false,
  };
  apply(claimOf(anna));
  apply(claimOf(ben));
  apply({ type: "write-note", ...ORIGIN, key: anna.pin, note: "printer" });
  apply({ type: "add-to-group", ...ORIGIN, key: "anna", group: "Ops" });
  apply({
    type: "create-token",
    ...ORIGIN,
    token: { ...token, id: "00".repeat(16), groups: ["dba"], expires: AT + 1000 },
  });
  apply({
    type: "note-concern",
    ...ORIGIN,
    pin: anna.pin,
    concern: { about: "00".repeat(16), problem: "token-used" },
  });
  const apiToken = { id: "11".repeat(16), hash: "22".repeat(32), name: "CI", scope: "read" } as const;
  apply({ type: "create-api-token", ...ORIGIN, token: { ...apiToken, expires: AT + 1000 } });
  apply({ type: "forget", ...ORIGIN, key: ben.pin });
  apply({ type: "open-first-use", ...ORIGIN, until: AT + 1000, max: 3, from: "192.0.2.0/24" });
  return database;
}

describe("the digest of what was decided", () => {
  it("is what all rows come to, whatever is done, tried, taken back or begun again", async () => {
    const folder = temporaryFolder();
    const digests = new Map<string, string>();
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        const path = join(folder, randomUUID());
        const open = (): DatabaseSync => {
          const opened = openDatabase(path);
          opened.exec("PRAGMA synchronous = OFF");
          return opened;
        };
        let database = open();
        createSchema(database);
        let writer = new SqliteWriter(database);
        let at = AT;
        let batch: Write[] = [];
        for (const step of all) {
          const write = writeOf(step, (at += step.waitMs));
          if (write !== undefined) batch.push(write);
          if (!step.ends) continue;
          writer.write(batch);
          batch = [];
          if (step.restarts) {
            database.close();
            database = open();
            writer = new SqliteWriter(database);
          }
          const digest = new TrustDigest(database);
          assert.equal(digest.kept(), digest.recomputed());
          const rows = decidedRows(database);
          assert.equal(digests.get(digest.kept()) ?? rows, rows, "other rows have this digest");
          digests.set(digest.kept(), rows);
        }
        database.close();
      }),
      { numRuns: RUNS },
    );
    assert.equal(new Set(digests.values()).size, digests.size, "the same rows have two digests");
    assert.ok(digests.size > RUNS);
  });

  it("is another for each column of each row that counts", () => {
    const database = filled();
    const digest = new TrustDigest(database);
    const before = digest.recomputed();
    let columns = 0;
    for (const table of DECIDED_TABLES) {
      const [row] = database.prepare(`SELECT * FROM ${table}`).all();
      assert.ok(row !== undefined, table);
      for (const [column, value] of Object.entries(row)) {
        if (ELSEWHERE.has(`${table}.${column}`)) continue;
        database.exec("SAVEPOINT one; PRAGMA ignore_check_constraints = 1");
        const other =
          column === "into_groups"
            ? '[["dba","ops"]]'
            : value instanceof Uint8Array
              ? new Uint8Array(9)
              : otherThan(value, column);
        database.prepare(`UPDATE ${table} SET ${column} = ?`).run(other);
        assert.notEqual(digest.recomputed(), before, `${table}.${column}`);
        database.exec("ROLLBACK TO one");
        columns += 1;
      }
      database.exec(`DELETE FROM ${table}`);
      assert.notEqual(digest.recomputed(), before, table);
      database.exec("ROLLBACK TO one");
    }
    database.exec("UPDATE key_versions SET decided = decided + 2");
    assert.notEqual(digest.recomputed(), before);
    assert.ok(columns > 40, String(columns));
  });

  it("does not count what strangers bring, nor a certificate that was renewed", () => {
    const database = filled();
    const digest = new TrustDigest(database);
    const before = digest.kept();
    const writer = new SqliteWriter(database);
    const hold = { type: "hold", ...ORIGIN, pendingExpires: AT + 1e6, maxPending: 9 } as const;
    const { certificate } = claimOf(factsOf("eve"));
    const change = prepareChange({ ...hold, certificate, peer: "eve", conflictsWith: null });
    assert.equal(writer.write([{ kind: "change", change }])[0]?.ok, true);
    database.exec(`UPDATE keys SET fingerprint = '${"0".repeat(64)}'`);
    assert.equal(digest.kept(), before);
    assert.equal(digest.recomputed(), before);
  });

  it("is made of the rows that are there when a store gets it", async () => {
    const path = newPath();
    const database = openDatabase(path);
    createSchema(database, MIGRATIONS.slice(0, 13));
    const key = `INSERT INTO keys (pin, state, peer, name_key, source, fingerprint, first_seen, stale_seen, place, searched)
      VALUES ('sha256:a','trusted','anna','anna','first-use','00',?,0,?,'anna')`;
    database.prepare(key).run(AT, AT);
    migrate(database);
    const digest = new TrustDigest(database);
    const empty = openDatabase(":memory:");
    createSchema(empty);
    assert.equal(digest.kept(), digest.recomputed());
    assert.notEqual(digest.kept(), new TrustDigest(empty).kept());
    database.close();
  });

  it("tells in a check that something else changed what no event speaks of", async () => {
    const path = newPath();
    await using store = openSqliteStore(path);
    await store.apply(claimOf(factsOf("anna")));
    const { problems, digest } = store.check();
    assert.deepEqual(problems, []);
    const other = openDatabase(path);
    other.exec("UPDATE keys SET version = version - 2");
    other.close();
    const changed = store.check();
    assert.deepEqual(changed.rows?.differences, []);
    assert.match(changed.problems.join(), /^something else than handclasp changed rows: /);
    assert.notEqual(changed.digest, digest);
  });
});

function otherThan(value: Exclude<SQLOutputValue, Uint8Array>, column: string): string | number {
  if (column === "stale_seen" || column === "replaces") return 1;
  if (value === null) return /^(?:expires|used_at|cancelled_at)$/.test(column) ? 1 : "x";
  return typeof value === "number" ? value + 1 : `${value}x`;
}
