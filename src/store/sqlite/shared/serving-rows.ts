import type { DatabaseSync, StatementSync } from "node:sqlite";
import { keptListeners } from "../../../trust/port/kept-listeners.ts";
import type { NodeListener } from "../../../trust/port/node-roster.ts";
import { SILENT_MS } from "../sightings/live-run.ts";

/** Where a process of this machine lets clients in, as it is kept for them; null for nowhere any more. */
export interface ServingWrite {
  readonly kind: "serving";
  /** One opening of the store. */
  readonly run: string;
  readonly listeners: string | null;
  readonly at: number;
}

/** Inside of the caller's transaction; what is silent goes. */
export function putServing(database: DatabaseSync, { run, listeners, at }: ServingWrite): void {
  database.prepare("DELETE FROM serving WHERE run = ? OR abs(beat - ?) > ?").run(run, at, SILENT_MS);
  if (listeners !== null)
    database.prepare("INSERT INTO serving (run, listeners, beat) VALUES (?, ?, ?)").run(run, listeners, at);
}

/** Whether any process on a replica lets clients in. */
export function isServing(database: DatabaseSync, now: number): boolean {
  return database.prepare("SELECT 1 FROM serving WHERE abs(beat - ?) <= ?").get(now, SILENT_MS) !== undefined;
}

/** Where all processes on a replica let clients in. */
export class ServingReader {
  readonly #serving: StatementSync;

  constructor(database: DatabaseSync) {
    this.#serving = database.prepare(
      "SELECT listeners FROM serving WHERE abs(beat - ?) <= ? ORDER BY beat, run",
    );
  }

  /** Each address once, with the key that was said of it last. */
  listeners(now: number): readonly NodeListener[] {
    const rows = this.#serving.all(now, SILENT_MS) as unknown as readonly { readonly listeners: string }[];
    const all = rows.flatMap(({ listeners }) => keptListeners(listeners));
    return [...new Map(all.map((one) => [one.host === "" ? one.pin : one.address, one])).values()];
  }
}
