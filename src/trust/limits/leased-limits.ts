import { BoundedMap } from "../../bounded-map.ts";
import type { FirstUseLimiter } from "./first-use-limits.ts";

/** What a process starts with. Plain data. */
export interface Lease {
  /** What it holds when nothing is used, and asks for up to. */
  readonly size: number;
  /** What it has of it: fewer when there were no more. */
  readonly tokens: number;
}

/** What a process used of its lease, and how much it would like to have. Plain data. */
export interface LeaseReport {
  readonly spent: readonly (readonly [network: string, count: number])[];
  readonly want: number;
}

/** What it gets. Plain data. */
export interface LeaseGrant {
  readonly tokens: number;
  /** Networks that have no tokens left, with the milliseconds until they have. */
  readonly barred: readonly (readonly [network: string, forMs: number])[];
}

/** Between two reports when there is nothing to be had. */
const PATIENCE_MS = 50;
const MOST_BARRED = 10_000;

/**
 * One process's part of limits that several share. It holds tokens of the total and asks for more before they are
 * used up; what a network used is told afterwards and comes back as a bar. So the total is never exceeded, and a
 * network's limit only by what is met while a report is on its way; that is owed, and paid back. All times are
 * milliseconds on a clock that nobody sets, each process having its own.
 */
export class LeasedLimits implements FirstUseLimiter {
  readonly #size: number;
  readonly #report: () => void;
  readonly #barred = new BoundedMap<string, number>(MOST_BARRED);
  #spent = new Map<string, number>();
  #tokens: number;
  #asked = false;
  #askAgainAt = 0;

  /** `report` is called when `drain` should be called soon. */
  constructor({ size, tokens }: Lease, report: () => void) {
    this.#size = size;
    this.#tokens = tokens;
    this.#report = report;
  }

  take(network: string, now: number): boolean {
    if (this.#isBarred(network, now)) return false;
    if (this.#tokens > 0) {
      this.#tokens -= 1;
      this.#spent.set(network, (this.#spent.get(network) ?? 0) + 1);
      this.#ask();
      return true;
    }
    if (now >= this.#askAgainAt) this.#ask();
    return false;
  }

  /** What to report. `grant` answers it. */
  drain(): LeaseReport {
    const spent = [...this.#spent];
    this.#spent = new Map();
    return { spent, want: Math.max(0, this.#size - this.#tokens) };
  }

  grant({ tokens, barred }: LeaseGrant, now: number): void {
    this.#asked = false;
    this.#tokens += tokens;
    if (tokens === 0) this.#askAgainAt = now + PATIENCE_MS;
    for (const [network, forMs] of barred) {
      this.#barred.set(network, now + forMs);
    }
    if (this.#spent.size > 0) this.#ask();
  }

  #ask(): void {
    if (this.#asked) return;
    this.#asked = true;
    this.#report();
  }

  #isBarred(network: string, now: number): boolean {
    const until = this.#barred.get(network);
    if (until === undefined) return false;
    if (now < until) return true;
    this.#barred.delete(network);
    return false;
  }
}

/**
 * What one of so many processes starts with. Half of what may be met at once is handed out, so that none has to ask for
 * the first ones.
 */
export function firstLease(
  limits: { lease(most: number, now: number): number },
  { burst, processes }: { readonly burst: number; readonly processes: number },
  now: number,
): Lease {
  const size = Math.ceil(burst / (2 * processes));
  return { size, tokens: limits.lease(size, now) };
}

/** Answers a report out of the limits that all share. */
export function grantLease(
  limits: {
    lease(most: number, now: number): number;
    spend(network: string, count: number, now: number): number;
  },
  { spent, want }: LeaseReport,
  now: number,
): LeaseGrant {
  const barred = spent.flatMap(([network, count]) => {
    const forMs = limits.spend(network, count, now);
    return forMs > 0 ? [[network, forMs] as const] : [];
  });
  return { tokens: limits.lease(want, now), barred };
}
