import { neighbourhood } from "../trust/network/source-network.ts";
import { everyItem } from "../trust/port/page.ts";
import type { RefusalSighting } from "../trust/port/ledger.ts";
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
  let [refusedToday, rateLimitedToday] = [0, 0];
  const networks = new Set<string>();
  for await (const refusal of everyItem((page) => store.listRefusals({ since, ...page }))) {
    const count = shareSince(since, refusal);
    refusedToday += count;
    if (refusal.reason !== "rate-limited") continue;
    rateLimitedToday += count;
    networks.add(neighbourhood(refusal.address) ?? "");
  }
  return { refusedToday, rateLimitedToday, networks: networks.size };
}

function shareSince(since: number, { count, firstAt, lastAt }: RefusalSighting): number {
  if (firstAt >= since) return count;
  return Math.max(1, Math.round((count * (lastAt - since)) / (lastAt - firstAt)));
}
