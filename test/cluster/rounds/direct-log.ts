import { randomUUID } from "node:crypto";
import { hasCode } from "../../../src/errors.ts";
import { prepareChange } from "../../../src/trust/prepare-change.ts";
import { encodeSettledChange } from "../../../src/store/log/settled-change.ts";
import { problemOfEntry } from "../../../src/store/log/seal-entry.ts";
import { PostgresChangeLog } from "../../../src/store/postgres/postgres-change-log.ts";
import { PostgresNodeRoster } from "../../../src/store/postgres/postgres-node-roster.ts";
import { openPool } from "../../store/postgres/support/open-pool.ts";
import type { Pool } from "../../../src/store/postgres/pool.ts";
import {
  type Appender,
  LOG_START,
  type LogRead,
  type LogEntry,
  type LogPlace,
} from "../../../src/trust/port/change-log.ts";
import type { Change } from "../../../src/trust/records/change.ts";
import { toSeenCertificate } from "../../../src/trust/judging/seen-certificate.ts";
import { settledFacts } from "../../support/certificates.ts";
import { Expectation } from "../simulation/expectation.ts";

const SCHEMA = "handclasp";
const AT_ONCE = 1000;
const BETWEEN_MS = 50;

/** The log by a way of its own to the database, and what follows from it. */
export class DirectLog {
  #pool: Pool;
  #log: PostgresChangeLog;
  readonly #by: Appender = { node: randomUUID(), rules: 1 };
  /** By position. */
  readonly #hashes: string[] = [LOG_START.hash];
  readonly #nonsense = new Set<string>();
  /** Where a number of rules was first gone by. */
  readonly #firsts = new Map<number, number>();
  #claims = 0;
  /** Where keys were revoked that were let in. */
  #revocations: number[] = [];
  readonly expected: Expectation = new Expectation();

  constructor(url: string) {
    this.#pool = openPool(url, SCHEMA);
    this.#log = new PostgresChangeLog(this.#pool);
  }

  get place(): LogPlace {
    return this.#placeAt(this.position);
  }

  get position(): number {
    return this.#hashes.length - 1;
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
      await this.#append(Array.from({ length: size }, () => this.#settledClaim()));
    }
  }

  /** Reads on to the end of the log. Throws when it is no chain. */
  async readOn(): Promise<void> {
    for (;;) {
      const { follows, entries } = await this.#read(this.place);
      if (!follows) throw new Error(`the log does not have what it had at ${this.position}`);
      if (entries.length === 0) return;
      for (const entry of entries) this.#take(entry);
    }
  }

  /** A standby that is about to take over breaks off what is read there, for what it carries out itself: who reads asks again. */
  async #read(after: LogPlace, most = AT_ONCE): Promise<LogRead> {
    for (;;) {
      try {
        return await this.#log.read(after, most);
      } catch (error) {
        if (!hasCode(error instanceof Error ? error.cause : undefined, "40001")) throw error;
        await new Promise((resolve) => setTimeout(resolve, BETWEEN_MS));
      }
    }
  }

  /** A claim of somebody whom nobody has seen. */
  claim(): Change {
    const peer = `peer-0-${++this.#claims}`;
    const certificate = toSeenCertificate(settledFacts(`${peer} ${this.#by.node}`, "", peer));
    const at = Date.now();
    return {
      type: "claim",
      at,
      actor: { user: null, process: "rounds 0", address: null, listener: null },
      peer,
      certificate,
      source: "first-use",
      pendingExpires: at + 1_000_000,
      maxPending: 10,
    };
  }

  /** As the owner of the database does, who has given one machine up. */
  async raiseRules(to: number, without: string): Promise<void> {
    const roster = new PostgresNodeRoster(this.#pool);
    for (;;) {
      await this.forgetNode(without);
      if ((await roster.raiseRules(to)).length === 0) return;
      await new Promise((resolve) => setTimeout(resolve, BETWEEN_MS));
    }
  }

  /** The position of the first change by this number of rules, once there is one. */
  async firstOf(rules: number): Promise<number> {
    for (;;) {
      await this.readOn();
      const first = this.#firsts.get(rules);
      if (first !== undefined) return first;
      await new Promise((resolve) => setTimeout(resolve, BETWEEN_MS));
    }
  }

  /** From now on, whatever is answered is on a standby, too. */
  async waitForStandby(): Promise<void> {
    const sql = await this.#pool.sql();
    await sql`ALTER SYSTEM SET synchronous_standby_names = '*'`;
    await sql`SELECT pg_reload_conf()`;
    for (;;) {
      const rows = await sql`SELECT FROM pg_stat_replication WHERE sync_state = 'sync'`;
      if (rows.length > 0) return;
      await new Promise((resolve) => setTimeout(resolve, BETWEEN_MS));
    }
  }

  /** Resolves when there are so many changes more than now, and keys were revoked by some of them. */
  async appendedMore(count: number): Promise<void> {
    await this.readOn();
    const { position } = this;
    const isEnough = (): boolean =>
      this.position >= position + count && (this.#revocations.at(-1) ?? 0) > position;
    while (!isEnough()) {
      await new Promise((resolve) => setTimeout(resolve, BETWEEN_MS));
      await this.readOn();
    }
  }

  /** Another database has the log from now on: all of it, unless it has lost the last of it. */
  async moveTo(url: string, hasLost: boolean): Promise<void> {
    const former = this.#pool;
    this.#pool = openPool(url, SCHEMA);
    this.#log = new PostgresChangeLog(this.#pool);
    await former.close();
    if (hasLost) this.#rewind(await this.#common());
    await this.readOn();
  }

  /** Reads on all the time while somebody does what may cut the log. */
  async reading<T>(work: Promise<T>): Promise<T> {
    const over = new AbortController();
    const done = work.finally(() => over.abort());
    // Whoever waits for the work hears of it.
    done.catch(() => undefined);
    while (!over.signal.aborted) {
      await this.readOn();
      await new Promise((resolve) => setTimeout(resolve, BETWEEN_MS));
    }
    return done;
  }

  /** The position of the first change that was not cut off; 0 where there is none. */
  async begins(): Promise<number> {
    const sql = await this.#pool.sql();
    const log = this.#pool.name(sql, "change_log");
    const [row] = await sql<{ readonly first: string | null }[]>`SELECT min(position) AS first FROM ${log}`;
    return Number(row?.first ?? 0);
  }

  /** Takes machines of that name off the list. */
  async forgetNode(name: string): Promise<void> {
    const roster = new PostgresNodeRoster(this.#pool);
    for (const node of await roster.nodes()) if (node.name === name) await roster.forget(node.id);
  }

  close(): Promise<void> {
    return this.#pool.close();
  }

  async #append(texts: readonly string[]): Promise<void> {
    const drafts = texts.map((change) => ({ id: randomUUID(), change }));
    await this.#log.append(drafts, this.#by);
  }

  #placeAt(position: number): LogPlace {
    return { position, hash: this.#hashes[position] ?? "" };
  }

  /** The last position where the log has what was read. */
  async #common(): Promise<number> {
    const { head } = await this.#read(this.place, 1);
    const begins = await this.begins();
    const has = async (position: number): Promise<boolean> =>
      (await this.#read(this.#placeAt(position), 1)).follows;
    let apart = Math.min(this.position, head.position) + 1;
    let common = begins <= 1 ? 0 : begins;
    if (!(await has(common))) throw new Error("the log has nothing of what was read");
    while (apart - common > 1) {
      const middle = Math.floor((common + apart) / 2);
      if (await has(middle)) common = middle;
      else apart = middle;
    }
    return common;
  }

  #rewind(position: number): void {
    this.#hashes.length = position + 1;
    this.#revocations = this.#revocations.filter((at) => at <= position);
    for (const [rules, at] of this.#firsts) if (at > position) this.#firsts.delete(rules);
    this.expected.rewind(position);
  }

  #settledClaim(): string {
    return encodeSettledChange({ change: prepareChange(this.claim()), seen: [] });
  }

  #take(entry: LogEntry): void {
    const problem = problemOfEntry(this.place, entry);
    if (problem !== undefined) throw new Error(problem);
    if (!this.#nonsense.has(entry.change)) this.expected.take(entry);
    this.#hashes.push(entry.hash);
    if (this.expected.isRevocation(entry.position)) this.#revocations.push(entry.position);
    if (!this.#firsts.has(entry.rules)) this.#firsts.set(entry.rules, entry.position);
  }
}
