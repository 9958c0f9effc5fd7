import assert from "node:assert/strict";
import type { DatabaseSync } from "node:sqlite";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { isHandclaspError } from "../../../../src/errors.ts";
import { openDatabase } from "../../../../src/node-sqlite.ts";
import { RowJournal } from "../../../../src/store/sqlite/digest/row-journal.ts";
import { createSchema } from "../../../../src/store/sqlite/file/schema.ts";
import { JournaledTables } from "../../../../src/store/sqlite/tables/journaled-tables.ts";
import { WaitingMarks } from "../../../../src/store/sqlite/shared/waiting-marks.ts";
import { SettlingTables } from "../../../../src/store/sqlite/tables/settling-tables.ts";
import { applyChange } from "../../../../src/trust/changes/apply-change.ts";
import { toSeenCertificate } from "../../../../src/trust/judging/seen-certificate.ts";
import type { PreparedChange, PreparedHold } from "../../../../src/trust/changes/prepared-change.ts";
import { prepareChange } from "../../../../src/trust/prepare-change.ts";
import type { TrustTables } from "../../../../src/trust/records/trust-tables.ts";
import { DRAWN } from "../../../trust/support/draws.ts";
import { settledFacts } from "../../../support/certificates.ts";
import { type Draw, randomChange } from "../../../trust/support/random-change.ts";
import { contentOf } from "../../../trust/support/replica.ts";

const AT = Date.UTC(2030, 0, 1);

const draws: fc.Arbitrary<readonly Draw[]> = fc.array(
  fc.record({
    ...DRAWN,
    waitMs: fc.constantFrom(0, 0, 1, 400_000, 90_000_000),
  }),
  { minLength: 1, maxLength: 40, size: "max" },
);

describe("settling", () => {
  it("comes to what carrying out comes to, and leaves the same rows where they are kept", () => {
    fc.assert(
      fc.property(draws, (all) => {
        const database = openDatabase(":memory:");
        createSchema(database);
        const settling = new SettlingTables(database, new RowJournal(database), new WaitingMarks(database));
        const carryingOut = new JournaledTables(database, new RowJournal(database));
        let at = AT;
        for (const draw of all) {
          at += draw.waitMs;
          const change = prepareChange(randomChange(draw, at));
          database.exec("BEGIN");
          settling.begin();
          const settled = comesTo(settling, change);
          if (settled.error === undefined) settling.keep();
          const kept = rows(database);
          database.exec("ROLLBACK; BEGIN");
          const carriedOut = comesTo(carryingOut, change);
          assert.deepEqual(settled, carriedOut);
          if (carriedOut.error === undefined) assert.deepEqual(kept, rows(database));
          database.exec(carriedOut.error === undefined ? "COMMIT" : "ROLLBACK");
        }
        database.close();
      }),
      { numRuns: Number(process.env["RUNS"] ?? 40) },
    );
  });

  it("writes nothing of a key that is met", () => {
    const database = openDatabase(":memory:");
    createSchema(database);
    const settling = new SettlingTables(database, new RowJournal(database), new WaitingMarks(database));
    const met = { kind: 0, key: 0, other: 0, name: 0, choice: 0, waitMs: 0 };
    settling.begin();
    const before = changesOf(database);
    const { outcome } = comesTo(settling, prepareChange(randomChange(met, AT)));
    assert.deepEqual(outcome?.kind, "changed");
    assert.ok(settling.decides);
    assert.equal(changesOf(database), before);
  });

  it("brings along whom a change is about, also after no room could be made for somebody", () => {
    const database = openDatabase(":memory:");
    createSchema(database);
    const settling = new SettlingTables(database, new RowJournal(database), new WaitingMarks(database));
    const [one, two] = [held("one"), held("two")];
    settling.begin();
    applyChange(settling, one);
    settling.keep();
    database.exec(
      "CREATE TRIGGER full BEFORE DELETE ON keys BEGIN SELECT RAISE(FAIL, 'as of a full disk'); END",
    );
    settling.begin();
    assert.throws(() => applyChange(settling, two), /full disk/);
    database.exec("DROP TRIGGER full");
    settling.begin();
    settling.deleteKey(one.certificate.pin);
    assert.deepEqual(
      settling.asked.map(({ waiting }) => waiting?.pin),
      [one.certificate.pin],
    );
  });
});

/** For whom another one has to go. */
function held(key: string): PreparedHold {
  const certificate = toSeenCertificate(settledFacts(key, "", key));
  const pending = { pendingExpires: AT + 1_000_000, maxPending: 1 };
  const actor = { user: null, process: "test 1", address: null, listener: null };
  return prepareChange({
    type: "hold",
    at: AT,
    actor,
    ...pending,
    certificate,
    peer: key,
    conflictsWith: null,
  }) as PreparedHold;
}

interface ComesTo {
  readonly outcome?: { readonly kind: string };
  readonly error?: string;
}

/** But for the event that it would be undone by: none is made while it is settled. */
function comesTo(tables: TrustTables, change: PreparedChange): ComesTo {
  try {
    const { event: _, ...outcome } = { event: undefined, ...applyChange(tables, change) };
    return { outcome };
  } catch (error) {
    if (!isHandclaspError(error)) throw error;
    return { error: error.code };
  }
}

function rows(database: DatabaseSync): unknown {
  const { events: _, ...others } = contentOf(database);
  return others;
}

function changesOf(database: DatabaseSync): number {
  return Number(database.prepare("SELECT total_changes() AS count").get()?.["count"]);
}
