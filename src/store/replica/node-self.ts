import type { DatabaseSync, StatementSync } from "node:sqlite";
import { RULES } from "../../trust/rules.ts";
import { keptListeners, LISTENERS_SETTING } from "../../trust/port/kept-listeners.ts";
import type { NodeReport } from "../../trust/port/node-roster.ts";
import { readVersion } from "../../version.ts";
import { EqualStandings } from "./equal-standings.ts";
import { ReplicaReader } from "./replica-reader.ts";

/** What a machine says of itself, as its replica has it. */
export class NodeSelf {
  readonly id: string;
  readonly name: string;
  /** Whether the others came to the same. */
  readonly standings: EqualStandings = new EqualStandings();
  readonly #replica: ReplicaReader;
  readonly #listeners: StatementSync;

  constructor(database: DatabaseSync, { id, name }: Pick<NodeReport, "id" | "name">) {
    this.id = id;
    this.name = name;
    this.#replica = new ReplicaReader(database);
    this.#listeners = database.prepare(`SELECT value FROM settings WHERE name = '${LISTENERS_SETTING}'`);
  }

  report(): NodeReport {
    const { place, head, digest } = this.#replica.standing();
    const kept = this.#listeners.get() as { readonly value: string } | undefined;
    const report = {
      id: this.id,
      name: this.name,
      version: VERSION,
      rules: RULES,
      position: place.position,
      head,
      digest,
      listeners: keptListeners(kept?.value),
    };
    this.standings.note(report);
    return report;
  }
}

const VERSION = readVersion();
