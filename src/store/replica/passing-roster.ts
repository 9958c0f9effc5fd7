import type { Beat, KnownNode, NodeReport, NodeRoster } from "../../trust/port/node-roster.ts";
import type { Runtime } from "./runtime.ts";

/** How long the roster may take at the end. */
const LEAVING_MS = 1000;

/** The roster for who only asks or does something: off it again at the end, unless the machine was on it before. */
export class PassingRoster implements NodeRoster {
  readonly #roster: NodeRoster;
  readonly #runtime: Runtime;
  /** Of the machine that came; undefined where none did, or it stays. */
  #came: string | undefined;
  #isAsked = false;
  #beating: Promise<unknown> = Promise.resolve();
  #last: Beat | undefined;
  #isLeaving = false;

  constructor(roster: NodeRoster, runtime: Runtime) {
    this.#roster = roster;
    this.#runtime = runtime;
  }

  async beat(report: NodeReport): Promise<Beat> {
    if (this.#isLeaving && this.#last !== undefined) return this.#last;
    const beating = this.#beat(report);
    this.#beating = beating.catch(() => undefined);
    return (this.#last = await beating);
  }

  nodes(): Promise<readonly KnownNode[]> {
    return this.#roster.nodes();
  }

  rules(): Promise<number> {
    return this.#roster.rules();
  }

  raiseRules(to: number): Promise<readonly KnownNode[]> {
    return this.#roster.raiseRules(to);
  }

  forget(id: string): Promise<void> {
    return this.#roster.forget(id);
  }

  /** Says nothing more of this machine. Where that fails it goes from the list as one does that is silent. */
  async leave(): Promise<void> {
    this.#isLeaving = true;
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const stop = this.#runtime.after(LEAVING_MS, resolve);
    await Promise.race([this.#leave().catch(() => undefined), late]);
    stop();
  }

  async #beat(report: NodeReport): Promise<Beat> {
    if (!this.#isAsked) {
      const known = await this.#roster.nodes();
      this.#isAsked = true;
      if (!known.some(({ id }) => id === report.id)) this.#came = report.id;
    }
    return this.#roster.beat(report);
  }

  async #leave(): Promise<void> {
    await this.#beating;
    if (this.#came !== undefined) await this.#roster.forget(this.#came);
  }
}
