import { type FirstUseWindow, isUsedUp } from "../records/first-use-window.ts";
import type { EventDraft } from "../records/events.ts";
import type { TrustTables } from "../records/trust-tables.ts";
import type { ChangeOrigin, OpenFirstUseChange, Outcome } from "../records/change.ts";

const NOTHING: Outcome = { kind: "changed", keys: [] };

/** Opens a window of first use, in place of one that is open, or closes it. */
export function applyOpenFirstUse(tables: TrustTables, change: OpenFirstUseChange): Outcome {
  const { until, at, max = null, from = null } = change;
  if (until <= at) {
    close(tables, change, { window: tables.firstUseWindow(), until, reason: "closed" });
    return NOTHING;
  }
  const event = tables.head().sequence + 1;
  tables.putFirstUseWindow({ event, until, max, from, taken: 0 });
  tables.appendEvent({
    ...ABOUT_NOBODY,
    type: "first-use-opened",
    at,
    actor: change.actor,
    details: { until: iso(until), ...(max !== null && { max: String(max) }), ...(from !== null && { from }) },
  });
  return NOTHING;
}

/** One more came by a window: the last one that may closes it. */
export function countIn(tables: TrustTables, change: ChangeOrigin, window: FirstUseWindow): void {
  const counted = { ...window, taken: window.taken + 1 };
  if (isUsedUp(counted)) close(tables, change, { window: counted, until: change.at, reason: "used-up" });
  else tables.putFirstUseWindow(counted);
}

/** Closes the window that is open, for `why`; nothing where none is. */
export function closeWindow(tables: TrustTables, origin: ChangeOrigin, why: EventDraft["details"]): void {
  const window = tables.firstUseWindow();
  if (window !== null) close(tables, origin, { window, until: origin.at, reason: "closed" }, why);
}

const ABOUT_NOBODY = { pin: null, peer: null, before: null, after: null } as const;

interface Closing {
  /** As it was in the end; null when none was open. */
  readonly window: FirstUseWindow | null;
  readonly until: number;
  readonly reason: "closed" | "used-up";
}

function close(
  tables: TrustTables,
  { at, actor }: ChangeOrigin,
  { window, until, reason }: Closing,
  why: EventDraft["details"] = {},
): void {
  tables.putFirstUseWindow(null);
  const details = window && { window: String(window.event), taken: String(window.taken), reason };
  tables.appendEvent({
    ...ABOUT_NOBODY,
    type: "first-use-closed",
    at,
    actor,
    details: { until: iso(until), ...details, ...why },
  });
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
