import type { KeyPin } from "../x509/certificate-facts.ts";
import type { Change, RenewChange } from "./records/change.ts";
import type { TrustStore } from "./port/trust-store.ts";
import type { OnTrustError } from "./trust-options.ts";

const FLUSH_MS = 1000;

/** Writes changes that nobody waits for: what a refusal leaves behind, and certificates that known keys renewed. */
export class NoteWriter {
  readonly #store: TrustStore;
  readonly #onError: OnTrustError;
  readonly #renewals = new Map<KeyPin, RenewChange>();
  readonly #noted = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  /** Resolves when all is written that was noted. */
  #notes: Promise<void> = Promise.resolve();

  constructor(store: TrustStore, onError: OnTrustError) {
    this.#store = store;
    this.#onError = onError;
  }

  /** Writes at once, the same thing at most once between two flushes. */
  note(what: string, change: Change): void {
    if (this.#noted.has(what)) return;
    this.#noted.add(what);
    this.#flushSoon();
    const noted = this.#store.apply(change).then(
      () => undefined,
      (error: unknown) => this.#onError(error, change.actor.listener),
    );
    this.#notes = this.#notes.then(() => noted);
  }

  /** Writes within a second; of one key the last. */
  renew(change: RenewChange): void {
    this.#renewals.set(change.certificate.pin, change);
    this.#flushSoon();
  }

  /** Resolves when all is written. Never rejects. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#noted.clear();
    const renewals = [...this.#renewals.values()];
    this.#renewals.clear();
    try {
      await Promise.all([this.#notes, ...renewals.map((change) => this.#store.apply(change))]);
    } catch (error) {
      this.#onError(error, null);
    }
  }

  #flushSoon(): void {
    this.#timer ??= setTimeout(() => void this.flush(), FLUSH_MS).unref();
  }
}
