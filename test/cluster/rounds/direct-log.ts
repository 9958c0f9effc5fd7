import { randomUUID } from "node:crypto";
import { prepareChange } from "../../../src/trust/prepare-change.ts";
import { encodeSettledChange } from "../../../src/store/log/settled-change.ts";
import { problemOfEntry } from "../../../src/store/log/seal-entry.ts";
import { PostgresChangeLog } from "../../../src/store/postgres/postgres-change-log.ts";
import { openPool } from "../../../src/store/postgres/open-postgres.ts";
import type { Pool } from "../../../src/store/postgres/pool.ts";
import {
  type Appender,
  LOG_START,
  type LogEntry,
  type LogPlace,
} from "../../../src/trust/port/change-log.ts";
import { toSeenCertificate } from "../../../src/trust/judging/seen-certificate.ts";
import { settledFacts } from "../../support/certificates.ts";
import { Expectation } from "../simulation/expectation.ts";

const SCHEMA = "handclasp";
const AT_ONCE = 1000;

/** The log by a way of its own to the database, and what follows from it. */
export class DirectLog {
  readonly #pool: Pool;
  readonly #log: PostgresChangeLog;
  readonly #by: Appender = { node: randomUUID(), rules: 1 };
  #place: LogPlace = LOG_START;
  readonly #nonsense = new Set<string>();
  #claims = 0;
  expected: Expectation = new Expectation();

  constructor(url: string) {
    this.#pool = openPool(url, SCHEMA);
    this.#log = new PostgresChangeLog(this.#pool);
  }

  get place(): LogPlace {
    return this.#place;
  }

  get position(): number {
    return this.#place.position;
  }

  /** Appends what no machine would. */
  async appendNonsense(texts: readonly string[]): Promise<void> {
    for (const text of texts) this.#nonsense.add(text);
    await this.#append(texts);
  }

  /** Lets so many keys in that nobody has seen. */
  async appendClaims(count: number): Promise<void> {
    for (let done = 0; done < count; done += AT_ONCE) {
      const size = Math.min(AT_ONCE, count - done);
      await this.#append(Array.from({ length: size }, () => this.#claim()));
    }
  }

  /** Reads on to the end of the log. Throws when it is no chain. */
  async readOn(): Promise<void> {
    for (;;) {
      const { follows, entries } = await this.#log.read(this.#place, AT_ONCE);
      if (!follows) throw new Error(`the log does not have what it had at ${this.#place.position}`);
      if (entries.length === 0) return;
      for (const entry of entries) this.#take(entry);
    }
  }

  /** Loses the last changes, as a standby does that takes over and was behind. */
  async lose(count: number): Promise<void> {
    const sql = await this.#pool.sql();
    const log = this.#pool.name(sql, "change_log");
    await sql.begin(async (transaction) => {
      // What is on its way here from those who are cut off comes before it, or goes on from what is left.
      await transaction`SELECT pg_advisory_xact_lock(hashtextextended(${`${SCHEMA}.change_log`}, 0))`;
      await transaction`DELETE FROM ${log} WHERE position > (SELECT max(position) FROM ${log}) - ${count}`;
    });
    this.#place = LOG_START;
    this.expected = new Expectation();
    await this.readOn();
  }

  close(): Promise<void> {
    return this.#pool.close();
  }

  async #append(texts: readonly string[]): Promise<void> {
    const drafts = texts.map((change) => ({ id: randomUUID(), change }));
    await this.#log.append(drafts, this.#by);
  }

  #claim(): string {
    const peer = `peer-0-${++this.#claims}`;
    const certificate = toSeenCertificate(settledFacts(`${peer} ${this.#by.node}`, "", peer));
    const at = Date.now();
    const actor = { user: null, process: "rounds 0", address: null, listener: null };
    const change = prepareChange({
      type: "claim",
      at,
      actor,
      peer,
      certificate,
      source: "first-use",
      pendingExpires: at + 1_000_000,
      maxPending: 10,
    });
    return encodeSettledChange({ change, seen: [] });
  }

  #take(entry: LogEntry): void {
    const problem = problemOfEntry(this.#place, entry);
    if (problem !== undefined) throw new Error(problem);
    if (!this.#nonsense.has(entry.change)) this.expected.take(entry);
    this.#place = { position: entry.position, hash: entry.hash };
  }
}
