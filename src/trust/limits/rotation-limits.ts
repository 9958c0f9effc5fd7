import type { KeyPin, KeyRecord, KeySource } from "../records/key-record.ts";
import { FirstUseLimits } from "./first-use-limits.ts";
import type { Rate } from "../records/rate.ts";
import { nameKey } from "../naming/peer-name.ts";

export const DEFAULT_ROTATIONS: Rate = { burst: 10, perSecond: 1 / 60 };
/** Peers share nothing: a flood of rotations keeps nobody else from following. */
const NO_LIMIT: Rate = { burst: 1e12, perSecond: 1e12 };
const MOST_ROTATING = 10_000;

/** How far clocks of machines that share a store may be apart. */
const SKEW_MS = 60_000;

/**
 * Whether a peer may change its key at `now`, by the times, in milliseconds, at which it did so before. Times that are
 * yet to come were written by a clock that has been set back since; counted, they would lock the peer out until then.
 */
export function mayRotate(perPeer: Rate, before: readonly number[], now: number): boolean {
  const limits = new FirstUseLimits({ perNetwork: perPeer, overall: NO_LIMIT });
  for (const at of before.toSorted((one, two) => one - two)) {
    if (at <= now + SKEW_MS) limits.spend("", 1, at);
  }
  return limits.take("", now);
}

const VOUCHED: ReadonlySet<KeySource> = new Set(["approved", "import", "token", "ca"]);

/**
 * Whether somebody stands behind a peer: an operator, or a CA. Peers met by first use are free to have, so their
 * successors are as well, by all the keys that a peer ever had.
 */
export function isVouchedFor(keys: readonly Pick<KeyRecord, "source">[]): boolean {
  return keys.some(({ source }) => VOUCHED.has(source));
}

/**
 * How often one peer may change its key, as far as one process knows: each time is an event and a key that stays on
 * record. The store has the last word (`mayRotate`); this keeps a flood away from it.
 */
export class RotationLimits {
  readonly #peers: FirstUseLimits;
  readonly #granted = new Set<KeyPin>();

  constructor(perPeer: Rate) {
    this.#peers = new FirstUseLimits({ perNetwork: perPeer, overall: NO_LIMIT });
  }

  /** Whether `take` would say true. */
  mayTake(peer: string, pin: KeyPin, now: number): boolean {
    return this.#granted.has(pin) || this.#peers.mayTake(nameKey(peer), now);
  }

  /** Whether it was taken for this key, which is being written down. */
  isTaken(pin: KeyPin): boolean {
    return this.#granted.has(pin);
  }

  /** A key counts once, on however many connections it comes until it is written down. `now` is in milliseconds. */
  take(peer: string, pin: KeyPin, now: number): boolean {
    if (this.#granted.has(pin)) return true;
    if (!this.#peers.take(nameKey(peer), now)) return false;
    if (this.#granted.size >= MOST_ROTATING) this.#granted.clear();
    this.#granted.add(pin);
    return true;
  }

  /** The store took a key for one too many: its next connection counts again. */
  refused(pin: KeyPin): void {
    this.#granted.delete(pin);
  }
}
