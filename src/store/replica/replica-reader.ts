import type { DatabaseSync, StatementSync } from "node:sqlite";
import { type LogDraft, type LogPlace, LOG_START } from "../../trust/port/change-log.ts";
import { CHAIN_START, type ChainHead } from "../../trust/records/events.ts";
import { DIGESTED, digestOf, SINGLES, type Singles } from "../sqlite/digest/trust-digest.ts";
import type { LogBranch } from "../../trust/port/replication.ts";
import { BranchReader } from "./branch-reader.ts";
import type { Written } from "../sqlite/writing/write-result.ts";

/** What machines that share a log compare. */
export interface Standing {
  readonly place: LogPlace;
  readonly head: ChainHead;
  /** Of all that was decided: 64 lower-case hex digits. */
  readonly digest: string;
}

interface StandingRow extends Singles {
  readonly position: number | null;
  readonly hash: string | null;
  readonly sequence: number | null;
  readonly chain: string | null;
}

/** How far the replica in a database is, and what changes came to on it: by whichever process they were carried out. */
export class ReplicaReader {
  readonly database: DatabaseSync;
  readonly #place: StatementSync;
  readonly #outcome: StatementSync;
  readonly #outcomes: StatementSync;
  readonly #branch: StatementSync;
  readonly #later: StatementSync;
  readonly #laterCount: StatementSync;
  readonly #branches: BranchReader;
  readonly #standing: StatementSync;

  constructor(database: DatabaseSync) {
    this.database = database;
    this.#place = database.prepare("SELECT position, hash FROM log_place LIMIT 1");
    this.#branches = new BranchReader(database);
    this.#laterCount = database.prepare("SELECT count(*) AS count FROM later");
    this.#later = database.prepare("SELECT id, change FROM later ORDER BY number");
    this.#branch = database.prepare("SELECT 1 FROM branches WHERE left_at IS NULL");
    this.#standing = database.prepare(
      `SELECT l.position, l.hash, e.sequence, e.hash AS chain, ${DIGESTED} FROM ${SINGLES}
         LEFT JOIN log_place AS l LEFT JOIN (SELECT sequence, hash FROM events ORDER BY sequence DESC LIMIT 1) AS e LIMIT 1`,
    );
    this.#outcome = database.prepare("SELECT json FROM outcomes WHERE id = ?");
    this.#outcomes = database.prepare(
      "SELECT id, json FROM outcomes WHERE id IN (SELECT value FROM json_each(?))",
    );
  }

  place(): LogPlace {
    const row = this.#place.get() as unknown as LogPlace | undefined;
    return row === undefined ? LOG_START : { ...row };
  }

  /** Whether it has nothing of a log yet. */
  isNew(): boolean {
    return this.#place.get() === undefined;
  }

  /** What was done here alone so far, in its order: what operators said since the log was away. */
  later(): readonly LogDraft[] {
    return this.#later.all() as unknown as readonly LogDraft[];
  }

  laterCount(): number {
    return Number(this.#laterCount.get()?.["count"]);
  }

  /** The last branch of the log that was found; null for none. */
  branch(): LogBranch | null {
    return this.#branches.last();
  }

  /** Whether the log does not have what is here. */
  isOnBranch(): boolean {
    return this.#branch.get() !== undefined;
  }

  /** How far it is, and what the log led to by then, all of one moment: the same on every machine that is as far. */
  standing(): Standing {
    const row = this.#standing.get() as unknown as StandingRow;
    const { position, hash, sequence, chain } = row;
    return {
      place: position === null || hash === null ? LOG_START : { position, hash },
      head: sequence === null || chain === null ? CHAIN_START : { sequence, hash: chain },
      digest: digestOf(row),
    };
  }

  /** Undefined for a change that was not carried out yet, or so long ago that nobody waits for it. */
  outcomeOf(id: string): Written | undefined {
    const row = this.#outcome.get(id) as { readonly json: string } | undefined;
    return row && (JSON.parse(row.json) as Written);
  }

  /** Of those that were carried out, and not so long ago. */
  outcomesOf(ids: readonly string[]): ReadonlyMap<string, Written> {
    const rows = this.#outcomes.all(JSON.stringify(ids)) as unknown as readonly {
      readonly id: string;
      readonly json: string;
    }[];
    return new Map(rows.map(({ id, json }) => [id, JSON.parse(json) as Written]));
  }
}
