// node test/store/log/golden/carry-out.ts FILE: what the log in a file leads to, as JSON.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
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

export function carryOut(path: string): CameTo {
  const entries = JSON.parse(readFileSync(path, "utf8")) as readonly LogEntry[];
  const database = openDatabase(":memory:");
  createSchema(database);
  const [written] = new SqliteWriter(database).write([{ kind: "entries", entries }]);
  if (written?.ok !== true) throw new Error(`the log cannot be carried out: ${JSON.stringify(written)}`);
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
