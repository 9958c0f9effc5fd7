import { CHAIN_START, type ChainHead, type ChainReport, verifyChain } from "../trust/records/events.ts";
import type { Ledger } from "../trust/port/ledger.ts";
import type { Roll } from "../trust/port/roll.ts";
import { tailProblem } from "./audit-problem.ts";

/** Events that are verified between two pauses: some milliseconds. */
const AT_ONCE = 500;

/** In the JSON of an event by which a branch was left, and in no text of another. */
const BRANCH_LEFT = '"type":"branch-left"';

/** Lets whatever else waits go first; `setImmediate` of `node:timers/promises`, as a rule. */
export type Pause = () => Promise<unknown>;

/**
 * Follows the chain: what was verified once is not read again, but for its last event. One is kept for as long as a
 * process runs; nothing of it is stored, since whoever can write events could write that, too.
 */
export class ChainWatch {
  readonly #store: Roll & Pick<Ledger, "head">;
  readonly #pause: Pause;
  #report: ChainReport = { head: CHAIN_START, broken: null };
  /** The hashes of events by which a branch was left that were verified. */
  readonly #branches = new Set<string>();
  #looking: Promise<ChainReport> | undefined;
  #verifying: Promise<ChainReport> | undefined;

  constructor(store: Roll & Pick<Ledger, "head">, pause: Pause) {
    this.#store = store;
    this.#pause = pause;
  }

  /** What is known so far: `head` is how far the chain verifies. */
  get report(): ChainReport {
    return this.#report;
  }

  /** Verifies what is new. What is broken stays so until `verifyAnew`. Who asks meanwhile gets the same answer. */
  look(): Promise<ChainReport> {
    return this.#from(this.#report);
  }

  /** Verifies all of it again, from the first event: what is known stands until that is done. */
  verifyAnew(): Promise<ChainReport> {
    this.#verifying ??= this.#anew().finally(() => (this.#verifying = undefined));
    return this.#verifying;
  }

  async #anew(): Promise<ChainReport> {
    while (this.#looking !== undefined) await this.#looking.catch(() => undefined);
    return this.#from({ head: CHAIN_START, broken: null });
  }

  #from(report: ChainReport): Promise<ChainReport> {
    this.#looking ??= this.#goOn(report).finally(() => (this.#looking = undefined));
    return this.#looking;
  }

  async #goOn(from: ChainReport): Promise<ChainReport> {
    if (from.broken !== null) return from;
    const problem = await tailProblem(this.#store, this.#store.head(), from.head);
    if (problem !== undefined) {
      // A replica has left a branch of its log, and says so: its chain is another one from there.
      if (await this.#leftBranch()) return this.#goOn({ head: CHAIN_START, broken: null });
      return this.#breaks(from.head, problem.message);
    }
    let report = from;
    for (;;) {
      const after = String(report.head.sequence);
      const { items, next } = await this.#store.listEvents({ after, limit: AT_ONCE });
      report = verifyChain(items, report.head);
      for (const { json, hash } of items) if (json.includes(BRANCH_LEFT)) this.#branches.add(hash);
      const isDone = report.broken !== null || next === null;
      const isFurther = this.#report.broken === null && report.head.sequence > this.#report.head.sequence;
      if (isDone || isFurther) this.#report = report;
      if (isDone) return report;
      await this.#pause();
    }
  }

  async #leftBranch(): Promise<boolean> {
    const { items } = await this.#store.listEvents({ type: "branch-left", limit: AT_ONCE });
    return items.some(({ hash }) => !this.#branches.has(hash));
  }

  #breaks(head: ChainHead, problem: string): ChainReport {
    this.#report = { head, broken: { sequence: head.sequence, problem } };
    return this.#report;
  }
}
