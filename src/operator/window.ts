import { parseEvent, type TrustEvent } from "../trust/records/events.ts";
import type { KeyPin } from "../trust/records/key-record.ts";
import { everyItem } from "../trust/port/page.ts";
import type { EventFilter, ListedKey, Roll } from "../trust/port/roll.ts";
import type { Knowledge } from "../trust/port/knowledge.ts";
import { type KeyJson, toKeyPage } from "./listed-key.ts";

/** A window of first use and who came by it, as programs get it. Every field is there or null; times are ISO 8601 in UTC. */
export interface WindowJson {
  readonly open: boolean;
  readonly openedAt: string;
  /** When it ends, or would have ended. */
  readonly until: string;
  /** When it ended; null while it is open. */
  readonly endedAt: string | null;
  /** Why it ended: its time was over, an operator closed it, or as many came as may; null while it is open. */
  readonly ended: "time" | "closed" | "used-up" | null;
  readonly max: number | null;
  readonly from: string | null;
  /** How many came by it; more than `came` has where keys were forgotten since, or more came than are listed. */
  readonly taken: number;
  /** The number of the event that opened it. */
  readonly event: number;
  /** The keys that came by it, as they are now, the first to come first. */
  readonly came: readonly KeyJson[];
}

/** How many of those who came are listed. */
const MOST_LISTED = 1000;

/** The window of first use that was opened last, open or not; null when none ever was. `now` in milliseconds since the epoch. */
export async function toWindow(
  store: Pick<Knowledge, "firstUseWindow"> & Roll,
  now: number,
  { limit = MOST_LISTED }: { readonly limit?: number } = {},
): Promise<WindowJson | null> {
  const row = store.firstUseWindow();
  const [opening] = await events(store, { type: "first-use-opened", newestFirst: true, limit: 1 });
  if (opening === undefined) return null;
  const event = opening.sequence;
  const [closing] = await events(store, { type: "first-use-closed", window: event, limit: 1 });
  const { until = null, max = null, from = null } = opening.details;
  const open = row?.event === event && now < row.until && closing === undefined;
  const taken = row?.event === event ? row.taken : Number(closing?.details["taken"] ?? 0);
  return {
    open,
    openedAt: opening.at,
    until: until ?? opening.at,
    ...endOf({ open, until: until ?? opening.at, closing }),
    max: max === null ? null : Number(max),
    from,
    taken,
    event,
    came: await cameBy(store, event, { now, limit }),
  };
}

function endOf({
  open,
  until,
  closing,
}: {
  readonly open: boolean;
  readonly until: string;
  readonly closing: TrustEvent | undefined;
}): Pick<WindowJson, "ended" | "endedAt"> {
  if (open) return { ended: null, endedAt: null };
  if (closing === undefined || closing.at > until) return { ended: "time", endedAt: until };
  return { ended: closing.details["reason"] === "used-up" ? "used-up" : "closed", endedAt: closing.at };
}

async function cameBy(
  store: Roll,
  window: number,
  { now, limit }: { readonly now: number; readonly limit: number },
): Promise<readonly KeyJson[]> {
  const met = await events(store, { type: "met", window, limit });
  const pins = [...new Set(met.flatMap(({ pin }) => pin ?? []))];
  const keys = new Map<KeyPin, KeyJson>();
  const listed: ListedKey[] = [];
  for await (const key of everyItem((page) => store.listKeys({ pins, ...page }))) listed.push(key);
  for (const key of await toKeyPage(store, listed, now)) keys.set(key.pin, key);
  return pins.flatMap((pin) => keys.get(pin) ?? []);
}

async function events(store: Roll, filter: EventFilter): Promise<readonly TrustEvent[]> {
  const { items } = await store.listEvents(filter);
  return items.flatMap(({ json }) => parseEvent(json) ?? []);
}
