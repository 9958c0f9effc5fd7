import { isHandclaspError } from "../../errors.ts";
import type { Exchanged, SharedRow, SharedRows } from "../../trust/port/shared-rows.ts";
import { FIRST_THAT_WAITS, rankOf } from "../sqlite/shared/shared-kinds.ts";
import type { IgnoredRow } from "../sqlite/shared/take-rows.ts";
import type { UntoldRow } from "../sqlite/shared/tell-rows.ts";
import type { WriteChannel } from "../sqlite/writing/write-channel.ts";
import { MomentsAside } from "./moments-aside.ts";
import type { Runtime } from "./runtime.ts";
import type { SharedReader } from "./shared-reader.ts";

/** How often machines tell each other what there is. */
const EVERY_MS = 1000;
/** How long what is not to wait waits for more, where nothing was told for a while. */
const SOON_MS = 100;
/** How many rows are told at a time, and how often in a second where there are more. */
const MOST_TOLD = 1000;
const MOST_ROUNDS = 10;

export interface RowExchangeOptions {
  readonly shared: SharedRows;
  readonly reader: SharedReader;
  /** Writes to the replica. */
  readonly channel: WriteChannel;
  /** A UUID: this machine. */
  readonly node: string;
  /** What this machine is called. */
  readonly machine: string;
  readonly runtime: Runtime;
  /** Resolves when the replica has all that was in the log when this was called. */
  readonly carryOut: () => Promise<void>;
  /** Takes what others wrote and could not be made sense of. */
  readonly onIgnored?: (rows: readonly IgnoredRow[]) => void;
  /** Takes why nothing can be told, for as long as that is so, once for each time. */
  readonly onFailure?: (error: unknown) => void;
}

/** Tells other machines what is new here, and takes what is new there: about once a second. */
export class RowExchange {
  readonly #options: RowExchangeOptions;
  readonly #stops: readonly (() => void)[];
  #stopSoon: (() => void) | undefined;
  #running: Promise<void> | undefined;
  #isAskedAgain = false;
  #isStopped = false;
  readonly #aside: MomentsAside;
  /** When the log was asked for, for the sake of what is set aside. */
  #carriedAt = -Infinity;
  #mostTold = MOST_TOLD;
  /** Whether the last that was said came through: until then nothing is looked up to be told. */
  #isHeard = true;
  /** When something was told last. */
  #toldAt = -Infinity;

  constructor(options: RowExchangeOptions) {
    this.#options = options;
    const { shared, runtime, carryOut } = options;
    this.#aside = new MomentsAside(carryOut);
    this.#stops = [shared.onMore(() => this.#try()), runtime.every(EVERY_MS, () => this.#try())];
    runtime.soon(() => this.#try());
  }

  /** Resolves when others can read all that there was here, and all is here that they told, when this was called. */
  async exchange(): Promise<void> {
    if (this.#isStopped) return;
    if (this.#running !== undefined) this.#isAskedAgain = true;
    await (this.#running ??= this.#run());
  }

  /** Resolves when what was set aside for the log is written. Throws what is wrong with the log. */
  async settle(): Promise<void> {
    if (this.#aside.areWaiting) await this.#aside.carry();
    if (this.#aside.areReady) await this.exchange();
  }

  /** Has others told of something that is not to wait for the second to be over. */
  soon(): void {
    const { runtime } = this.#options;
    const isIdle = runtime.elapsed() - this.#toldAt > EVERY_MS;
    if (isIdle) this.#stopSoon ??= runtime.after(SOON_MS, () => this.#try());
  }

  /** What is under way ends with what it is under way on. */
  stop(): void {
    this.#isStopped = true;
    this.#stopSoon?.();
    for (const stop of this.#stops) stop();
  }

  #try(): void {
    this.#stopSoon?.();
    this.#stopSoon = undefined;
    this.exchange().catch((error: unknown) => this.#options.onFailure?.(error));
  }

  async #run(): Promise<void> {
    // It cannot be over before whoever asked has it.
    await Promise.resolve();
    try {
      do {
        this.#isAskedAgain = false;
        for (let rounds = 1; await this.#once(rounds); rounds++);
      } while (this.#isAskedAgain);
    } finally {
      this.#running = undefined;
    }
  }

  /** Whether there is more to tell, or to take; what there is much of waits for the next second after some rounds. */
  async #once(rounds: number): Promise<boolean> {
    const { shared, reader, channel, node, machine, runtime } = this.#options;
    const place = reader.place();
    const told =
      this.#isHeard && reader.hasUntold()
        ? ((await channel.write({ kind: "untold", most: this.#mostTold, machine })).untold ?? [])
        : [];
    let exchanged: Exchanged;
    try {
      exchanged = await shared.exchange(told.map(toRow), node, place);
    } catch (error) {
      this.#isHeard = isHandclaspError(error, "ERR_HANDCLASP_OPTION");
      if (!isHandclaspError(error, "ERR_HANDCLASP_OPTION") || told.length === 0) throw error;
      return await this.#without(told, error.message);
    }
    this.#mostTold = MOST_TOLD;
    const isHeardAgain = !this.#isHeard;
    this.#isHeard = true;
    if (told.length > 0) this.#toldAt = runtime.elapsed();
    await this.#write(told, exchanged);
    const last = told.at(-1);
    const waits = last === undefined || (rankOf(last.kind) >= FIRST_THAT_WAITS && rounds >= MOST_ROUNDS);
    const hasMoreToTell = isHeardAgain || (told.length === MOST_TOLD && !waits);
    return (exchanged.hasMore || this.#aside.areReady || hasMoreToTell) && !this.#isStopped;
  }

  async #write(told: readonly UntoldRow[], exchanged: Exchanged): Promise<void> {
    const { reader, channel, node, runtime, onIgnored } = this.#options;
    const { here = [], lacking = [] } = Object.groupBy(exchanged.rows, (row) =>
      reader.lacks(row) ? "lacking" : "here",
    );
    const ready = this.#aside.ready();
    const isNothing = told.length + exchanged.rows.length + ready.length === 0 && !exchanged.isWhole;
    if (isNothing) return this.#carryAside();
    const taken = { ...exchanged, rows: [...ready, ...here] };
    const by = { node, now: runtime.now() };
    const { ignored = [] } = await channel.write({ kind: "exchanged", told, exchanged: taken, by });
    this.#aside.written(ready.length);
    this.#aside.put(lacking);
    if (ignored.length > 0) onIgnored?.(ignored);
    this.#carryAside();
  }

  /** Nobody waits for the log, which may take long, or be one that cannot be followed: then it is tried again. */
  #carryAside(): void {
    const now = this.#options.runtime.elapsed();
    if (!this.#aside.areWaiting || now - this.#carriedAt < EVERY_MS) return;
    this.#carriedAt = now;
    this.#aside.carry().then(
      () => this.#try(),
      () => undefined,
    );
  }

  /** One of them cannot be kept by anybody: it is looked for, and left out. */
  async #without(told: readonly UntoldRow[], reason: string): Promise<true> {
    const { channel, reader, node, runtime, onIgnored } = this.#options;
    const [only, ...others] = told;
    if (only === undefined || others.length > 0) {
      this.#mostTold = Math.ceil(told.length / 2);
      return true;
    }
    const { kind, key } = only;
    const exchanged = { rows: [], place: reader.place(), isWhole: false, hasMore: false };
    await channel.write({ kind: "exchanged", told, exchanged, by: { node, now: runtime.now() } });
    onIgnored?.([{ kind, key, node, reason }]);
    return true;
  }
}

function toRow({ kind, key, value, at }: UntoldRow): SharedRow {
  return { kind, key, value, at };
}
