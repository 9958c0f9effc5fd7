import { type Crossing, type CrossingType, toCrossing } from "../../trust/happenings/crossing.ts";
import type { Happenings } from "../../trust/happenings/happenings.ts";

/** What one process tells another of at once. */
export interface HappeningsBatch {
  readonly happenings: readonly Crossing[];
  /** How many more there were since the last one. */
  readonly lost: number;
}

/** What waits while a batch is on its way; beyond that happenings are only counted. */
const MOST_WAITING = 1000;

/** Sends what happens in a worker to its primary, as far as that wants to hear it: what comes in one tick as one message. */
export class HappeningsSender {
  readonly #send: (batch: HappeningsBatch) => Promise<void>;
  #happenings: Happenings | undefined;
  #types: readonly CrossingType[] = [];
  #stop: (() => void) | undefined;
  #waiting: Crossing[] = [];
  #lost = 0;
  /** Resolves when nothing waits any more. */
  #sending: Promise<void> | undefined;

  /** `send` resolves when more can be sent. */
  constructor(send: (batch: HappeningsBatch) => Promise<void>) {
    this.#send = send;
  }

  /** Which types are sent from now on. */
  hear(types: readonly CrossingType[]): void {
    this.#types = types;
    this.#subscribe();
  }

  /** What is sent from now on. */
  follow(happenings: Happenings): void {
    this.#happenings = happenings;
    this.#subscribe();
  }

  /** Resolves when all that happened so far was sent. */
  async sent(): Promise<void> {
    await this.#sending;
  }

  #subscribe(): void {
    this.#stop?.();
    this.#stop = undefined;
    if (this.#types.length === 0) return;
    this.#stop = this.#happenings?.subscribe(this.#types, (happening) => {
      if (this.#waiting.length < MOST_WAITING) this.#waiting.push(toCrossing(happening));
      else this.#lost += 1;
      this.#sending ??= this.#empty();
    });
  }

  async #empty(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#waiting.length > 0) {
      const batch = { happenings: this.#waiting, lost: this.#lost };
      this.#waiting = [];
      this.#lost = 0;
      await this.#send(batch);
    }
    this.#sending = undefined;
  }
}
