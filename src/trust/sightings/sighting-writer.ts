import { isHandclaspError } from "../../errors.ts";
import type { KeyPin } from "../records/key-record.ts";
import { SightingBuffer } from "./sighting-buffer.ts";
import type { LiveConnection, Refusal, RefusedFrom } from "../records/sighting.ts";
import type { Journal } from "./journal.ts";
import type { TrustStore } from "../port/trust-store.ts";

const FLUSH_MS = 1000;
/** How long a refusal waits, so that `explain` knows it; where there are many, as long as all else. */
const REFUSAL_FLUSH_MS = 100;
const FEW_REFUSALS = 10;
/** When what could not be written is tried again, unless something else is to be written before. */
const RETRY_MS = 10_000;

/** Writes what a server sees about once a second, a few refusals within 100 ms. Nobody waits for it; nothing is lost by a write that fails. */
export class SightingWriter implements Journal {
  readonly #store: TrustStore;
  readonly #now: () => number;
  readonly #onError: (error: unknown) => void;
  readonly #buffer = new SightingBuffer();
  #timer: NodeJS.Timeout | undefined;
  #refusalTimer: NodeJS.Timeout | undefined;
  #areRefusalsFew = true;

  /** `now` in milliseconds since the epoch. */
  constructor(store: TrustStore, now: () => number, onError: (error: unknown) => void) {
    this.#store = store;
    this.#now = now;
    this.#onError = onError;
  }

  seen(pin: KeyPin): void {
    this.#buffer.seen(pin, this.#now());
    this.#timer ??= this.#flushIn(FLUSH_MS);
  }

  refused(refusal: Refusal, from: RefusedFrom): void {
    this.#buffer.refused(refusal, from, this.#now());
    this.#refusalTimer ??= this.#flushIn(this.#areRefusalsFew ? REFUSAL_FLUSH_MS : FLUSH_MS);
  }

  opened(connection: LiveConnection): void {
    this.#buffer.opened(connection);
    this.#timer ??= this.#flushIn(FLUSH_MS);
  }

  closed(id: string): void {
    this.#buffer.closed(id);
    this.#timer ??= this.#flushIn(FLUSH_MS);
  }

  /** Writes what was seen so far. Never rejects. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    clearTimeout(this.#refusalTimer);
    this.#timer = this.#refusalTimer = undefined;
    if (this.#buffer.isEmpty) return;
    const batch = this.#buffer.drain();
    this.#areRefusalsFew = batch.refusals.reduce((sum, { count }) => sum + count, 0) <= FEW_REFUSALS;
    try {
      await this.#store.record(batch);
    } catch (error) {
      this.#onError(error);
      if (isHandclaspError(error, "ERR_HANDCLASP_STORE_CLOSED")) return;
      this.#buffer.restore(batch);
      this.#timer ??= this.#flushIn(RETRY_MS);
    }
  }

  #flushIn(delayMs: number): NodeJS.Timeout {
    return setTimeout(() => void this.flush(), delayMs).unref();
  }
}
