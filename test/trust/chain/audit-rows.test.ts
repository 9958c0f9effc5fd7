import assert from "node:assert/strict";
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { isHandclaspError } from "../../../src/errors.ts";
import { createSchema } from "../../../src/store/sqlite/file/schema.ts";
import { SqliteStore } from "../../../src/store/sqlite/sqlite-store.ts";
import type { Change } from "../../../src/trust/records/change.ts";
import { CHAIN_START, parseEvent, sealEvent, TRUST_EVENT_TYPES } from "../../../src/trust/records/events.ts";
import { toSeenCertificate } from "../../../src/trust/judging/seen-certificate.ts";
import { claimOf } from "../../../src/testing/contract/claims.ts";
import { createTokenOf } from "../../../src/testing/contract/join-tokens.ts";
import { factsOf, randomPin } from "../../support/certificates.ts";
import { randomChange, type Draw } from "../support/random-change.ts";
import { untilAllHappened } from "../../support/until-all-happened.ts";

const AT = Date.UTC(2030, 0, 1);
const HOUR_MS = 3_600_000;
const ACTOR = { user: "olga", process: "test 1", address: null, listener: null };

/** A store whose rows can be edited behind its back. */
function editable(): { store: SqliteStore; database: DatabaseSync } {
  const database = new DatabaseSync(":memory:");
  createSchema(database);
  return { store: new SqliteStore(database, null, {}), database };
}

async function apply(store: SqliteStore, change: Change): Promise<void> {
  try {
    await store.apply(change);
  } catch (error) {
    assert.ok(isHandclaspError(error), String(error));
  }
}

/** What differs, without the events. */
function found(store: SqliteStore): readonly string[] {
  const { rows } = store.audit();
  return (
    rows?.differences.map(({ about, field, row, events }) => `${about}: ${field} ${row} ${events}`) ?? []
  );
}

interface Edit {
  readonly what: string;
  readonly edit: () => void;
  readonly undo: () => void;
}

/** Every edit of one field of one row that an event decides about, and the removal of each such row. */
function* edits(database: DatabaseSync): Iterable<Edit> {
  const states = ["pending", "trusted", "revoked", "ignored", "retired"];
  const decided: Readonly<Record<string, Readonly<Record<string, readonly SQLInputValue[]>>>> = {
    keys: {
      state: states,
      peer: ["mallory", null],
      name_key: ["mallory", null],
      source: ["ca"],
      expires: [AT + 77e12, null],
      stale_seen: [0, 1],
      endorses_from: [7],
      claimed_key: ["mallory", null],
      new_key: ["mallory", null],
      version: [2 ** 40],
      note: ["all is well", null],
      place: [7],
      searched: ["mallory", ""],
    },
    tombstones: { at: [7] },
    tokens: {
      public_key: [Buffer.alloc(32, 9)],
      peer: ["mallory"],
      server_pin: ["sha256:other"],
      from_network: ["0.0.0.0/0", null],
      replaces: [0, 1],
      created_at: [7],
      expires: [AT + 77e12],
      used_at: [AT + 77e12, null],
      used_by: ["sha256:other", null],
      cancelled_at: [AT + 77e12, null],
    },
    group_members: { name_key: ["mallory"], group_key: ["root"], group_name: ["root"], added_at: [7] },
    events: { reached: [7, AT + 77e12] },
    noted: { problem: ["other"], about: ["sha256:other"] },
    first_use_window: {
      event: [7777],
      until: [AT + 77e12],
      most: [77, null],
      network: ["0.0.0.0/0", null],
      taken: [0, 77],
    },
  };
  for (const [table, fields] of Object.entries(decided)) {
    const columns = database.prepare(`PRAGMA table_info(${table})`).all();
    const id =
      table === "keys" ? ["pin"] : columns.filter(({ pk }) => Number(pk) > 0).map(({ name }) => String(name));
    const where = id.map((column) => `${column} = ?`).join(" AND ");
    for (const row of database.prepare(`SELECT * FROM ${table}`).all()) {
      const at = id.map((column) => row[column] as SQLInputValue);
      const restore = (): void => {
        const marks = columns.map(() => "?").join(",");
        const insert = database.prepare(`INSERT OR REPLACE INTO ${table} VALUES (${marks})`);
        insert.run(...columns.map(({ name }) => row[String(name)] as SQLInputValue));
      };
      const isPending = table === "keys" && row["state"] === "pending";
      for (const [field, values] of Object.entries(fields)) {
        // A pending key's source and end are decided by nobody.
        if (isPending && (field === "source" || field === "expires")) continue;
        for (const value of values) {
          if (value === row[field]) continue;
          const moved = id.map((column) => (column === field ? value : (row[column] as SQLInputValue)));
          yield {
            what: `${table}.${field} is edited`,
            edit: () => database.prepare(`UPDATE ${table} SET ${field} = ? WHERE ${where}`).run(value, ...at),
            undo: () => {
              database.prepare(`DELETE FROM ${table} WHERE ${where}`).run(...moved);
              restore();
            },
          };
        }
      }
      // A chain that misses events is broken: then rows are not compared.
      if (isPending || table === "events") continue;
      yield {
        what: `no ${table}`,
        edit: () => database.prepare(`DELETE FROM ${table} WHERE ${where}`).run(...at),
        undo: restore,
      };
    }
  }
}

describe("the rows of a store against its events", () => {
  const draws = fc.array(
    fc.record<Draw>({
      kind: fc.nat(99),
      key: fc.nat(3),
      other: fc.nat(3),
      name: fc.nat(4),
      choice: fc.nat(11),
      waitMs: fc.constantFrom(0, 1, 1, 5, 1000, 5000, 50_000, HOUR_MS, 24 * HOUR_MS, 960 * HOUR_MS, -HOUR_MS),
    }),
    { minLength: 20, maxLength: 60, size: "max" },
  );

  it("are what the events come to, whatever happened", async () => {
    const met = new Set<string>();
    // A store without a log leaves no branch of one: replicas that do are audited where they are tested.
    const types = TRUST_EVENT_TYPES.filter((type) => type !== "branch-left");
    const missing = (): string[] => types.filter((type) => !met.has(type));
    await untilAllHappened(missing, () =>
      fc.assert(
        fc.asyncProperty(draws, async (drawn) => {
          const { store } = editable();
          store.onEvents((events) => {
            for (const { json } of events) met.add(parseEvent(json)?.type ?? "none");
          });
          let at = AT;
          for (const draw of drawn) await apply(store, randomChange(draw, (at += draw.waitMs)));
          assert.deepEqual(found(store), []);
          assert.partialDeepStrictEqual(store.audit().rows, { count: 0, uncomparedTokens: 0 });
          await store.close();
        }),
        { numRuns: 300 },
      ),
    );
  });

  it("give away every edit of a field that events decide about, and every row that is removed", async () => {
    await fc.assert(
      fc.asyncProperty(draws, async (drawn) => {
        const { store, database } = editable();
        let at = AT;
        for (const draw of drawn) await apply(store, randomChange(draw, (at += draw.waitMs)));
        for (const { what, edit, undo } of edits(database)) {
          edit();
          assert.notDeepEqual(found(store), [], what);
          undo();
        }
        assert.deepEqual(found(store), []);
        await store.close();
      }),
      { numRuns: 30 },
    );
  });

  it("give away a stranger whose conflict is another than the rows come to", async () => {
    const { store, database } = editable();
    const [anna, rival] = [factsOf("anna"), factsOf("Anna")];
    for (const facts of [anna, rival]) await store.apply(claimOf(facts));
    assert.equal(store.key(rival.pin)?.conflictsWith, anna.pin);
    database.exec("UPDATE keys SET conflicts_with = NULL");
    const [difference, another] = found(store);
    assert.equal(difference?.split(": ")[1], `conflictsWith null ${anna.pin}`);
    assert.equal(another, undefined);
    await store.close();
  });

  it("give away the window of first use, and rows that no event made", async () => {
    const { store, database } = editable();
    await store.apply({ type: "open-first-use", at: AT, actor: ACTOR, until: AT + 10 });
    database.exec(`UPDATE first_use_window SET until = ${AT + 20}`);
    assert.deepEqual(found(store), [`first use: open until ${AT + 20} ${AT + 10}`]);
    database.exec(`UPDATE first_use_window SET until = ${AT + 10}`);
    database.exec(`INSERT INTO group_members VALUES ('mallory', 'dba', 'dba', 1)`);
    assert.deepEqual(found(store), ["mallory in the group dba: group dba null"]);
    await store.close();
  });

  it("give away a row that was edited although a change has followed that makes it right again", async () => {
    const { store, database } = editable();
    const anna = factsOf("anna");
    await store.apply(claimOf(anna));
    await store.apply({ type: "revoke", at: AT, actor: ACTOR, key: anna.pin });
    database.exec(`UPDATE keys SET state = 'pending', peer = NULL, name_key = NULL, expires = ${AT + 9}`);
    await store.apply(claimOf(anna));
    assert.match(found(store).join("\n"), /^event 3: before pending revoked$/m);
    await store.close();
  });

  it("say how many there are, and show the first twenty", async () => {
    const { store, database } = editable();
    for (let index = 0; index < 30; index++) await store.apply(claimOf(factsOf(`peer-${index}`)));
    database.exec("UPDATE keys SET endorses_from = 7");
    const { rows } = store.audit();
    assert.equal(rows?.count, 30);
    assert.equal(rows?.differences.length, 20);
    await store.close();
  });

  it("are not compared where the chain is broken: then nothing says what they should be", async () => {
    const { store, database } = editable();
    await store.apply(claimOf(factsOf("anna")));
    database.exec("UPDATE events SET json = replace(json, 'anna', 'anne')");
    const { chain, rows } = store.audit();
    assert.equal(chain.broken?.sequence, 1);
    assert.equal(rows, null);
    await store.close();
  });

  it("are not compared as to what events of former versions do not say, and that is counted", async () => {
    const { store, database } = editable();
    const [anna, next, eve, rival] = [factsOf("anna"), factsOf("anna"), factsOf("eve"), factsOf("eve")];
    const expires = AT + 9000;
    const imported = {
      certificate: toSeenCertificate(anna),
      peer: null,
      onConflict: "fail",
      expires,
    } as const;
    await store.apply({ type: "import", at: AT, actor: ACTOR, ...imported });
    await store.apply({
      type: "rotate",
      at: AT + 1,
      actor: ACTOR,
      endorsedBy: { pin: anna.pin, issuedAt: AT + 1 },
      certificate: toSeenCertificate(next),
      pendingExpires: AT + 1000,
      maxPending: 9,
    });
    for (const { pin, claimedName, fingerprint, der } of [eve, rival]) {
      const seen = { pin, fingerprint, der, claimedName: claimedName ?? null };
      const pending = { conflictsWith: null, pendingExpires: AT + 1000, maxPending: 9 };
      await store.apply({ type: "hold", at: AT, actor: ACTOR, peer: "eve", certificate: seen, ...pending });
      await store.apply({ type: "ignore", at: AT, actor: ACTOR, key: pin });
    }
    await store.apply(createTokenOf("ben"));
    rewriteAsFormerVersion(database);
    // Former versions gave a barred stranger the name that it claimed, if nobody had it.
    database.prepare("UPDATE keys SET peer = 'eve', name_key = 'eve' WHERE pin = ?").run(eve.pin);
    assert.deepEqual(found(store), []);
    assert.equal(store.audit().rows?.uncomparedTokens, 1);
    database.exec("UPDATE keys SET expires = NULL");
    assert.equal(found(store).length, 1);
    await store.close();
  });

  it("are what a new event of an unknown type does not explain", async () => {
    const { store, database } = editable();
    const draft = { type: "crowned" as "met", at: AT, actor: ACTOR, pin: randomPin(), peer: "eve" };
    const { sequence, json, hash } = sealEvent(CHAIN_START, {
      ...draft,
      before: null,
      after: null,
      details: {},
    });
    database
      .prepare("INSERT INTO events (sequence, json, hash, reached) VALUES (?,?,?,?)")
      .run(sequence, json, hash, AT);
    assert.match(found(store)[0] ?? "", /^event 1: event null cannot be carried out: .*crowned/);
    await store.close();
  });
});

/** The chain as it would be without what this version added to events. */
function rewriteAsFormerVersion(database: DatabaseSync): void {
  let head = CHAIN_START;
  for (const { json } of database.prepare("SELECT json FROM events ORDER BY sequence").all()) {
    const { sequence: _sequence, at, details, ...event } = parseEvent(String(json)) ?? assert.fail();
    const { publicKey: _key, serverPin: _pin, boundName: _name, ...former } = details;
    const { expires: _expires, ...rotated } = former;
    const kept = event.type === "rotated" ? rotated : former;
    const sealed = sealEvent(head, { ...event, at: Date.parse(at), details: kept });
    database
      .prepare("UPDATE events SET json = ?, hash = ? WHERE sequence = ?")
      .run(sealed.json, sealed.hash, sealed.sequence);
    head = sealed;
  }
}
