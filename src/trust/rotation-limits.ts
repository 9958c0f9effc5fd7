import type { KeyPin } from "./key-record.ts";
import { FirstUseLimits, type Rate } from "./first-use-limits.ts";
import { nameKey } from "./peer-name.ts";

const DEFAULT_ROTATIONS: Rate = { burst: 10, perSecond: 1 / 60 };
/** Peers share nothing: a flood of rotations keeps nobody else from following. */
const NO_LIMIT: Rate = { burst: 1e12, perSecond: 1e12 };
const MOST_ROTATING = 10_000;

/** How often one peer may change its key: each time is an event and a key that stays on record. */
export class RotationLimits {
  readonly #peers: FirstUseLimits;
  readonly #granted = new Set<KeyPin>();

  constructor(perPeer: Rate = DEFAULT_ROTATIONS) {
    this.#peers = new FirstUseLimits({ perNetwork: perPeer, overall: NO_LIMIT });
  }

  /** A key counts once, on however many connections it comes until it is written down. `now` is in milliseconds. */
  take(peer: string, pin: KeyPin, now: number): boolean {
    if (this.#granted.has(pin)) return true;
    if (!this.#peers.take(nameKey(peer), now)) return false;
    if (this.#granted.size >= MOST_ROTATING) this.#granted.clear();
    this.#granted.add(pin);
    return true;
  }
}
