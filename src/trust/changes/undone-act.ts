import type { TrustEvent } from "../records/events.ts";
import type { KeyPin } from "../records/key-record.ts";
import type { TrustTables } from "../records/trust-tables.ts";

/** An event about a key. */
export type KeyEvent = TrustEvent & { readonly pin: KeyPin };

/** What one act of an operator did: to a key, and to others for its sake. */
export interface UndoneAct {
  /** What was done in the first place, however often it was undone and done again since. */
  readonly type: TrustEvent["type"];
  readonly events: readonly KeyEvent[];
  /** Groups that a name left with it, as nobody had that name any more. */
  readonly leftGroups: readonly TrustEvent[];
}

/** Everything that belongs to the act of an event: keys that an approval replaced, all keys of a peer that was renamed. */
export function undoneActOf(tables: TrustTables, event: KeyEvent): UndoneAct {
  const before = run(tables, event, -1);
  const after = run(tables, event, 1);
  const events = [...before.toReversed(), event, ...after];
  return { type: actOf(event), events, leftGroups: groupsLeftBy(tables, events) };
}

/** What was done in the first place. */
function actOf({ type, details }: TrustEvent): TrustEvent["type"] {
  return type === "undone" ? (details["act"] as TrustEvent["type"]) : type;
}

/** The events next to it that belong to it, in one direction. */
function run(tables: TrustTables, event: KeyEvent, step: 1 | -1): readonly KeyEvent[] {
  const events: KeyEvent[] = [];
  for (let sequence = event.sequence + step; ; sequence += step) {
    const next = tables.event(sequence);
    if (next === undefined || next.pin === null || !belongs(event, next, step)) return events;
    if (next.type === "retired" && events.length >= Number(event.details["replaced"] ?? 0)) return events;
    events.push({ ...next, pin: next.pin });
  }
}

function belongs(event: KeyEvent, next: TrustEvent, step: 1 | -1): boolean {
  if (next.at !== event.at) return false;
  switch (event.type) {
    case "approved":
    case "name-approved":
      return step === -1 && next.type === "retired" && next.details["replacedBy"] === event.pin;
    case "renamed":
      return next.type === "renamed" && isSame(event, next, "formerName") && next.peer === event.peer;
    case "undone":
      return next.type === "undone" && isSame(event, next, "undoes");
    default:
      return false;
  }
}

function isSame(event: TrustEvent, next: TrustEvent, detail: string): boolean {
  return event.details[detail] === next.details[detail];
}

function groupsLeftBy(tables: TrustTables, events: readonly KeyEvent[]): readonly TrustEvent[] {
  const pins: readonly (string | null | undefined)[] = events.map(({ pin }) => pin);
  const left: TrustEvent[] = [];
  for (let sequence = (events.at(-1)?.sequence ?? 0) + 1; ; sequence++) {
    const next = tables.event(sequence);
    if (next?.type !== "group-removed" || !pins.includes(next.details["formerKey"])) return left;
    left.push(next);
  }
}
