import type { Ledger } from "../trust/port/ledger.ts";
import type { RefusalTally, Roll } from "../trust/port/roll.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

type Tallied = Roll & Pick<Ledger, "revision">;

/** What was added up last: many pages ask at once. */
const lastAdded = new WeakMap<
  Tallied,
  { readonly revision: number; readonly since: number; readonly tallies: readonly RefusalTally[] }
>();

/** Who was refused in the last 24 hours. */
export interface RefusedLately {
  /** How often. Of who is refused for longer, the share of a day: servers add those up. */
  readonly refusedToday: number;
  /** Of these, for want of room or because there were too many. */
  readonly rateLimitedToday: number;
  /** From how many networks those came. */
  readonly networks: number;
}

/** Adds up the refusals of the 24 hours before the minute of `now`, milliseconds since the epoch. */
export async function refusedLately(store: Tallied, now: number): Promise<RefusedLately> {
  const since = now - (now % MINUTE_MS) - DAY_MS;
  const revision = store.revision();
  const last = lastAdded.get(store);
  const isSame = last?.revision === revision && last.since === since;
  const tallies = isSame ? last.tallies : await store.tallyRefusals(since);
  lastAdded.set(store, { revision, since, tallies });
  const limited = tallies.find(({ reason }) => reason === "rate-limited");
  return {
    refusedToday: tallies.reduce((sum, { count }) => sum + count, 0),
    rateLimitedToday: limited?.count ?? 0,
    networks: limited?.networks ?? 0,
  };
}
