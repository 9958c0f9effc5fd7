import type { Roll } from "../trust/port/roll.ts";

const DAY_MS = 24 * 3600 * 1000;

/** Who was refused in the last 24 hours. */
export interface RefusedLately {
  /** How often. Of who is refused for longer, the share of a day: servers add those up. */
  readonly refusedToday: number;
  /** Of these, for want of room or because there were too many. */
  readonly rateLimitedToday: number;
  /** From how many networks those came. */
  readonly networks: number;
}

/** Adds up the refusals of the 24 hours before `now`, milliseconds since the epoch. */
export async function refusedLately(store: Roll, now: number): Promise<RefusedLately> {
  const since = now - DAY_MS;
  const tallies = await store.tallyRefusals(since);
  const limited = tallies.find(({ reason }) => reason === "rate-limited");
  return {
    refusedToday: tallies.reduce((sum, { count }) => sum + count, 0),
    rateLimitedToday: limited?.count ?? 0,
    networks: limited?.networks ?? 0,
  };
}
