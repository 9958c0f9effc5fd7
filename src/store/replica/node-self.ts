import type { DatabaseSync, StatementSync } from "node:sqlite";
import { RULES } from "../../trust/rules.ts";
import { keptListeners, LISTENERS_SETTING } from "../../trust/port/kept-listeners.ts";
import type { NodeReport } from "../../trust/port/node-roster.ts";
import { CHAIN_START } from "../../trust/records/events.ts";
import { readVersion } from "../../version.ts";

interface Row {
  readonly position: number | null;
  readonly sequence: number | null;
  readonly hash: string | null;
  readonly server: string | null;
}

/** What a machine says of itself, as its replica has it: all of one moment. */
export class NodeSelf {
  readonly id: string;
  readonly name: string;
  readonly #read: StatementSync;

  constructor(database: DatabaseSync, { id, name }: Pick<NodeReport, "id" | "name">) {
    this.id = id;
    this.name = name;
    this.#read = database.prepare(`SELECT
      (SELECT position FROM log_place) AS position,
      (SELECT value FROM settings WHERE name = '${LISTENERS_SETTING}') AS server,
      e.sequence, e.hash
      FROM (SELECT 1) LEFT JOIN (SELECT sequence, hash FROM events ORDER BY sequence DESC LIMIT 1) AS e`);
  }

  report(): NodeReport {
    const { position, sequence, hash, server } = this.#read.get() as unknown as Row;
    return {
      id: this.id,
      name: this.name,
      version: VERSION,
      rules: RULES,
      position: position ?? 0,
      head: sequence === null || hash === null ? CHAIN_START : { sequence, hash },
      digest: "",
      listeners: keptListeners(server ?? undefined),
    };
  }
}

const VERSION = readVersion();
