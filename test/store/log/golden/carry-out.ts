// node test/store/log/golden/carry-out.ts FILE: what the log in a file leads to, as JSON.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import type { LogEntry } from "../../../../src/trust/port/change-log.ts";
import { openDatabase } from "../../../../src/node-sqlite.ts";
import { type Standing, ReplicaReader } from "../../../../src/store/replica/replica-reader.ts";
import { createSchema } from "../../../../src/store/sqlite/file/schema.ts";
import { SqliteWriter } from "../../../../src/store/sqlite/writing/sqlite-writer.ts";

export interface CameTo extends Standing {
  /** Of what each change came to: `changed`, `lost`, or the code of why it could not be done. */
  readonly outcomes: string;
  readonly counts: Readonly<Record<string, number>>;
}

/** A replica that carried out a log, so many changes of it in each transaction. */
export function replicaOf(entries: readonly LogEntry[], together: number): DatabaseSync {
  const database = openDatabase(":memory:");
  createSchema(database);
  const writer = new SqliteWriter(database);
  for (let from = 0; from < entries.length; from += together) {
    const [written] = writer.write([{ kind: "entries", entries: entries.slice(from, from + together) }]);
    if (written?.ok !== true) throw new Error(`the log cannot be carried out: ${JSON.stringify(written)}`);
  }
  return database;
}

export function carryOut(path: string): CameTo {
  const entries = JSON.parse(readFileSync(path, "utf8")) as readonly LogEntry[];
  const database = replicaOf(entries, entries.length);
  const reader = new ReplicaReader(database);
  const outcomes = entries.map(({ id }) => {
    const outcome = reader.outcomeOf(id);
    if (outcome === undefined) throw new Error(`nothing became of ${id}`);
    return outcome.ok ? outcome.outcome.kind : outcome.error.code;
  });
  const counts: Record<string, number> = {};
  for (const outcome of outcomes) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return {
    ...reader.standing(),
    outcomes: createHash("sha256").update(outcomes.join("\n")).digest("hex"),
    counts,
  };
}

if (process.argv[1] === import.meta.filename) console.log(JSON.stringify(carryOut(process.argv[2] ?? "")));
