import { BoundedMap } from "../../bounded-map.ts";
import { HandclaspError } from "../../errors.ts";
import type { Rate } from "../records/rate.ts";

export interface FirstUseLimitOptions {
  /** For one source network, as `sourceNetwork` names it. */
  readonly perNetwork: Rate;
  /** For all of them together. */
  readonly overall: Rate;
  /** How many networks are remembered at once. */
  readonly maxNetworks: number;
}

/** A NAT full of new clients gets through; a flood from one network leaves most of the total to the others. */
export const DEFAULT_FIRST_USE_LIMITS: FirstUseLimitOptions = {
  perNetwork: { burst: 300, perSecond: 10 },
  overall: { burst: 2000, perSecond: 200 },
  maxNetworks: 10_000,
};

const DAY_MS = 24 * 3600 * 1000;

/** Says whether one more unknown key may be met. */
export interface FirstUseLimiter {
  /** Counts it if so. `network` is as `sourceNetwork` names it, `now` in milliseconds on a clock that nobody sets. */
  take(network: string, now: number): boolean;
}

/** How fast unknown keys, which are free to mint, may be met. The clock is handed in. */
export class FirstUseLimits implements FirstUseLimiter {
  readonly #perNetwork: Rate;
  readonly #overall: Bucket;
  /**
   * The one whose last token was taken longest ago comes first. Only a granted token adds a network, so pushing one out costs the total `maxNetworks` tokens: with the defaults
   * that takes 40 seconds, in which the bucket fills by itself. Nobody gains by being forgotten.
   */
  readonly #networks: BoundedMap<string, Bucket>;

  constructor(options: Partial<FirstUseLimitOptions> = {}) {
    const { perNetwork, overall, maxNetworks } = { ...DEFAULT_FIRST_USE_LIMITS, ...options };
    if (![perNetwork, overall].every(isRate) || !(Number.isInteger(maxNetworks) && maxNetworks > 0)) {
      throw new HandclaspError("ERR_HANDCLASP_OPTION", "the limits of first use are not positive numbers", {
        hint: "burst and maxNetworks are at least 1, perSecond is at least 0",
      });
    }
    this.#perNetwork = perNetwork;
    this.#networks = new BoundedMap(maxNetworks);
    this.#overall = new Bucket(overall);
  }

  /** How many networks are remembered now. */
  get networkCount(): number {
    return this.#networks.size;
  }

  /** Takes a token of the network and one of the total, or none of either. */
  take(network: string, now: number): boolean {
    this.#overall.refill(now);
    this.#forgetIdle(now);
    const bucket = this.#networks.get(network) ?? new Bucket(this.#perNetwork);
    bucket.refill(now);
    if (!bucket.hasToken || !this.#overall.hasToken) return false;
    bucket.take();
    this.#overall.take();
    this.#networks.set(network, bucket);
    return true;
  }

  /** Whether `take` would say true. Counts nothing. */
  mayTake(network: string, now: number): boolean {
    this.#overall.refill(now);
    const bucket = this.#networks.get(network);
    bucket?.refill(now);
    return this.#overall.hasToken && bucket?.hasToken !== false;
  }

  /** Takes up to so many tokens of the total, for somebody who hands them on and then says to whom by `spend`. */
  lease(most: number, now: number): number {
    this.#overall.refill(now);
    const tokens = Math.min(most, this.#overall.tokens);
    this.#overall.take(tokens);
    return tokens;
  }

  /**
   * Takes tokens of a network that were handed out already, more than it has if need be. Returns the milliseconds
   * until it has one again; 0 when it has.
   */
  spend(network: string, count: number, now: number): number {
    const bucket = this.#networks.get(network) ?? new Bucket(this.#perNetwork);
    bucket.refill(now);
    bucket.take(count);
    this.#networks.set(network, bucket);
    return bucket.emptyForMs;
  }

  /** A full bucket is the same as none; two for each call are enough to catch up. */
  #forgetIdle(now: number): void {
    let most = 2;
    for (const [network, bucket] of this.#networks) {
      bucket.refill(now);
      if (!bucket.isFull || most === 0) return;
      this.#networks.delete(network);
      most -= 1;
    }
  }
}

/** Counts in thousandths of a token, so that whole rates and milliseconds add up exactly. */
class Bucket {
  readonly #rate: Rate;
  #level: number;
  #filledAt: number | undefined;

  constructor(rate: Rate) {
    this.#rate = rate;
    this.#level = rate.burst * 1000;
  }

  get hasToken(): boolean {
    return this.#level >= 1000;
  }

  get isFull(): boolean {
    return this.#level >= this.#rate.burst * 1000;
  }

  /** Whole ones. */
  get tokens(): number {
    return Math.max(0, Math.floor(this.#level / 1000));
  }

  get emptyForMs(): number {
    return this.hasToken ? 0 : Math.min(DAY_MS, Math.ceil((1000 - this.#level) / this.#rate.perSecond));
  }

  take(count: number = 1): void {
    this.#level -= count * 1000;
  }

  /** A clock that went backwards adds nothing, and filling goes on from there. */
  refill(now: number): void {
    const passedMs = Math.max(0, now - (this.#filledAt ?? now));
    this.#level = Math.min(this.#rate.burst * 1000, this.#level + passedMs * this.#rate.perSecond);
    this.#filledAt = now;
  }
}

function isRate({ burst, perSecond }: Rate): boolean {
  return Number.isFinite(burst) && burst >= 1 && Number.isFinite(perSecond) && perSecond >= 0;
}
