import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { openDatabase } from "../../../../src/node-sqlite.ts";
import { sealEntry } from "../../../../src/store/log/seal-entry.ts";
import { RowJournal } from "../../../../src/store/sqlite/digest/row-journal.ts";
import { createSchema } from "../../../../src/store/sqlite/file/schema.ts";
import { ReplicaWriter } from "../../../../src/store/sqlite/writing/replica-writer.ts";
import { SqliteWriter } from "../../../../src/store/sqlite/writing/sqlite-writer.ts";
import type { PreparedChange } from "../../../../src/trust/changes/prepared-change.ts";
import { type LogEntry, LOG_START } from "../../../../src/trust/port/change-log.ts";
import { prepareChange } from "../../../../src/trust/prepare-change.ts";
import { RULES } from "../../../../src/trust/rules.ts";
import { DRAWN } from "../../../trust/support/draws.ts";
import { type Draw, randomChange } from "../../../trust/support/random-change.ts";
import { contentOf, type TrustContent } from "../../../trust/support/replica.ts";

const AT = Date.UTC(2030, 0, 1);
const NODE = randomUUID();

const draws: fc.Arbitrary<readonly Draw[]> = fc.array(
  fc.record({ ...DRAWN, waitMs: fc.constantFrom(0, 0, 1, 400_000, 90_000_000) }),
  { minLength: 1, maxLength: 60, size: "max" },
);

describe("what a log says", () => {
  it("comes to the same at once, some at a time and one by one", () => {
    fc.assert(
      fc.property(draws, fc.integer({ min: 1, max: 20 }), (all, some) => {
        const author = new Machine();
        const entries: LogEntry[] = [];
        let at = AT;
        for (const draw of all) {
          at += draw.waitMs;
          const text = author.settled(prepareChange(randomChange(draw, at)));
          if (text === null) continue;
          const draft = { id: randomUUID(), change: text };
          const by = { node: NODE, rules: RULES };
          entries.push(sealEntry(entries.at(-1) ?? LOG_START, draft, by, new Date(at).toISOString()));
          author.followAtOnce(entries.slice(-1));
        }
        fc.pre(entries.length > 0);
        const [atOnce, someAtATime, oneByOne] = [new Machine(), new Machine(), new Machine()];
        atOnce.followAtOnce(entries);
        for (let from = 0; from < entries.length; from += some)
          someAtATime.followAtOnce(entries.slice(from, from + some));
        oneByOne.followOneByOne(entries);
        assert.deepEqual(atOnce.rows(), oneByOne.rows());
        assert.deepEqual(someAtATime.rows(), oneByOne.rows());
      }),
      { numRuns: 60 },
    );
  });
});

/** A replica in memory. */
class Machine {
  readonly #database: DatabaseSync = openDatabase(":memory:");
  readonly #writer: SqliteWriter;

  constructor() {
    createSchema(this.#database);
    this.#writer = new SqliteWriter(this.#database);
  }

  /** What is to go to the log; null for what decides nothing, and for what cannot be done. */
  settled(change: PreparedChange): string | null {
    const [written] = this.#writer.write([{ kind: "settle", change }]);
    return written?.ok === true ? (written.text ?? null) : null;
  }

  followAtOnce(entries: readonly LogEntry[]): void {
    const [written] = this.#writer.write([{ kind: "entries", entries }]);
    assert.equal(written?.ok, true);
  }

  followOneByOne(entries: readonly LogEntry[]): void {
    const journal = new RowJournal(this.#database);
    const replica = new ReplicaWriter(this.#database, journal);
    this.#database.exec("BEGIN");
    replica.follow(entries, "one by one");
    journal.keep();
    this.#database.exec("COMMIT");
  }

  rows(): TrustContent {
    return contentOf(this.#database);
  }
}
