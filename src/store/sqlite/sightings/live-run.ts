import { randomUUID } from "node:crypto";
import type { LiveConnection } from "../../../trust/records/sighting.ts";
import type { SightingBatch } from "../../../trust/port/ledger.ts";

/** How often a run with connections on the list says that it lives. */
export const BEAT_MS = 10_000;
/** A run that has said nothing for so long is over, or stands still: it is not listed, and others remove it. */
export const SILENT_MS = 30_000;

/** A sign of life, and nothing else. */
export const NOTHING_SEEN: SightingBatch = { seen: [], refusals: [], opened: [], closed: [] };

/** What is to be written of a batch, and by whom. */
export interface WholeBatch {
  readonly by: {
    readonly id: string;
    readonly process: string;
    readonly isListed: boolean;
    /** All connections are in it, not only those that are new. */
    readonly isWhole: boolean;
    readonly at: number;
  };
  readonly batch: SightingBatch;
}

/**
 * One opening of a store, by whichever process or thread. It has an id of its own: process ids are told apart neither
 * between containers nor between threads, and come again.
 */
export class LiveRun {
  readonly id: string = randomUUID();
  /** What runs, for people: `serve 4711`. */
  readonly process: string;
  readonly #beat: () => void;
  readonly #open = new Map<string, LiveConnection>();
  #timer: NodeJS.Timeout | undefined;
  #wroteSinceBeat = false;
  #isWritten = true;

  /** `beat` writes a sign of life; called while connections are on the list and nothing else is written. */
  constructor(process: string, beat: () => void) {
    this.process = process;
    this.#beat = beat;
  }

  get isListed(): boolean {
    return this.#open.size > 0;
  }

  /** Takes in what is about to be written, which is a sign of life itself. */
  note({ opened, closed }: SightingBatch): void {
    for (const connection of opened) this.#open.set(connection.id, connection);
    for (const id of closed) this.#open.delete(id);
    this.#wroteSinceBeat = true;
    if (!this.isListed) this.#stop();
    else this.#timer ??= setInterval(() => this.#tick(), BEAT_MS).unref();
  }

  /**
   * What is to be written of a batch. Whoever took us for dead, because the clock was set or the machine slept, has removed
   * all our connections: they are put there again. `isThere`: whether the list has this run.
   */
  toWrite(batch: SightingBatch, isThere: boolean, at: number): WholeBatch {
    const { id, process, isListed } = this;
    const isWhole = !this.#isWritten || !isThere;
    const by = { id, process, isListed, isWhole, at };
    return { by, batch: isWhole ? { ...batch, opened: [...this.#open.values()] } : batch };
  }

  /** Something could not be written: the next beat puts all of it on the list again. */
  missed(): void {
    this.#isWritten = false;
    this.#wroteSinceBeat = false;
  }

  /** All of it is on the list. */
  written(): void {
    this.#isWritten = true;
  }

  /** Has nothing on the list from now on. */
  end(): void {
    this.#open.clear();
    this.#stop();
  }

  #stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #tick(): void {
    if (!this.#wroteSinceBeat) this.#beat();
    this.#wroteSinceBeat = false;
  }
}
