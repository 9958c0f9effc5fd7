import type { TrustEventType } from "../records/events.ts";
import type { TrustTables } from "../records/trust-tables.ts";

/** Events about keys that can be undone. */
export const UNDOABLE: ReadonlySet<TrustEventType> = new Set([
  "approved",
  "name-approved",
  "revoked",
  "ignored",
  "set-aside",
  "renamed",
  "undone",
]);

/** Events that are an act each, however many came of one change. */
const ALONE: ReadonlySet<TrustEventType> = new Set(["revoked", "ignored", "set-aside"]);

/** The event by which all is undone that was written behind `after`; undefined where there is none. */
export function undoableSince(tables: TrustTables, after: number): number | undefined {
  let found: { readonly sequence: number; readonly type: TrustEventType } | undefined;
  for (let sequence = after + 1, { sequence: last } = tables.head(); sequence <= last; sequence++) {
    const type = tables.event(sequence)?.type;
    if (type === undefined) continue;
    if (!UNDOABLE.has(type) && type !== "group-added" && type !== "group-removed") continue;
    if (found !== undefined && ALONE.has(type)) return undefined;
    found ??= { sequence, type };
  }
  return found?.sequence;
}
