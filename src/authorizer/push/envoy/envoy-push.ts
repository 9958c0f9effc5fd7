import { toError } from "../../../errors.ts";
import type { Happenings } from "../../../trust/happenings/happenings.ts";
import { everyItem } from "../../../trust/port/page.ts";
import type { KeyRecord } from "../../../trust/records/key-record.ts";
import type { Trust } from "../../../trust/trust.ts";
import type { KeyPin } from "../../../x509/certificate-facts.ts";
import type { TrustPush } from "../trust-push.ts";
import { toValidationSecret } from "./validation-secret.ts";

export interface EnvoyPushOptions {
  /** The file, as it is told. */
  readonly place: string;
  /** Replaces the file as a whole. */
  readonly write: (text: string) => Promise<void>;
  readonly trust: Trust;
  readonly happenings: Happenings;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** A store that cannot be read any more does not say so itself. */
const STEP_MS = 1000;

/**
 * Keeps the keys of trusted peers in a file that Envoy watches. Envoy then asks nobody: names, dates and groups decide
 * nothing there, and who is not in the file never comes to our notice.
 */
export class EnvoyPush implements TrustPush {
  readonly #options: EnvoyPushOptions;
  /** Until when each key is trusted, in milliseconds since the epoch. */
  readonly #keys = new Map<KeyPin, number>();
  readonly #due = new Set<KeyPin>();
  #stop: () => void = ignore;
  #running: Promise<void> = Promise.resolve();
  #wake: () => void = ignore;
  /** Whether the file may say something else. */
  #isBehind = true;
  #state: "unknown" | "in-step" | "failed" = "unknown";
  #isWhole = false;
  #isClosed = false;

  constructor(options: EnvoyPushOptions) {
    this.#options = options;
  }

  start(): void {
    this.#stop = this.#options.trust.onChange((changes, isAll) => {
      for (const pin of changes.keys()) this.#due.add(pin);
      if (isAll) {
        this.#isWhole = false;
        this.#isBehind = true;
        this.#keys.clear();
      }
      this.#wake();
    });
    this.#running = this.#run();
  }

  /** Nobody is let in by a file that nobody keeps. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#stop();
    this.#wake();
    await this.#running;
    this.#keys.clear();
    this.#isBehind = true;
    await this.#bring().catch((error: unknown) => this.#failed(error));
  }

  async #run(): Promise<void> {
    while (!this.#isClosed) {
      try {
        // Throws when nothing can be known of what was committed since.
        this.#options.trust.store.head();
        if (!this.#isWhole) await this.#load();
        this.#lookUpDue();
        await this.#bring();
        this.#inStep();
      } catch (error) {
        await this.#letNobodyIn();
        this.#failed(error);
      }
      if (this.#due.size === 0 || this.#state === "failed") await this.#rest();
    }
  }

  /** As far as the file can be written. */
  async #letNobodyIn(): Promise<void> {
    this.#isWhole = false;
    if (this.#keys.size > 0) this.#isBehind = true;
    this.#keys.clear();
    await this.#bring().catch(ignore);
  }

  async #load(): Promise<void> {
    const { store } = this.#options.trust;
    this.#isBehind = true;
    for await (const key of everyItem((page) => store.listKeys({ state: "trusted", ...page }))) {
      this.#note(key.pin, key);
      if (this.#isClosed) return;
    }
    this.#isWhole = true;
  }

  /** By what the store knows in this very moment. */
  #lookUpDue(): void {
    for (const pin of this.#due) {
      this.#note(pin, this.#options.trust.store.key(pin));
      this.#due.delete(pin);
    }
  }

  #note(pin: KeyPin, key: KeyRecord | undefined): void {
    this.#isBehind = true;
    if (key?.state === "trusted") this.#keys.set(pin, key.expires ?? Number.POSITIVE_INFINITY);
    else this.#keys.delete(pin);
  }

  async #bring(): Promise<void> {
    const now = this.#options.now();
    for (const [pin, end] of this.#keys) {
      if (end <= now) this.#isBehind = this.#keys.delete(pin);
    }
    if (!this.#isBehind) return;
    await this.#options.write(toValidationSecret([...this.#keys.keys()]));
    this.#isBehind = false;
  }

  /** A step's time, or until something changed. */
  async #rest(): Promise<void> {
    if (this.#isClosed) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    const timer = setTimeout(resolve, STEP_MS);
    await promise;
    clearTimeout(timer);
    this.#wake = ignore;
  }

  #inStep(): void {
    if (this.#state === "in-step" || this.#isClosed) return;
    this.#state = "in-step";
    const { place, happenings } = this.#options;
    happenings.tell({ type: "push-in-step", push: "envoy-sds", place, count: this.#keys.size });
  }

  #failed(error: unknown): void {
    if (this.#state === "failed") return;
    this.#state = "failed";
    const { place, happenings } = this.#options;
    happenings.tell({ type: "push-failed", push: "envoy-sds", place, error: toError(error) });
  }
}

function ignore(): void {}
