import type { Taking } from "../../trust/changes/prepared-change.ts";
import type { FoldedName } from "../../trust/naming/folded-name.ts";
import { nameInDetails, peerInEvent } from "../../trust/changes/names-in-events.ts";
import { nameKey } from "../../trust/naming/peer-name.ts";
import type { TrustEvent, TrustEventType } from "../../trust/records/events.ts";

/** Events that give nothing and take nothing. */
const NEUTRAL: ReadonlySet<TrustEventType> = new Set([
  "noted",
  "stale-key-seen",
  "token-refused",
  "endorsement-refused",
  "branch-left",
]);

/** What one event of a lost part of the chain said. */
export interface LostEvent {
  readonly event: TrustEvent;
  /** What is to be taken again; empty where it took nothing. */
  readonly takings: readonly Taking[];
  /** Whether it gave trust, or decided something else that is not done again: an operator is to know of it. */
  readonly isGone: boolean;
}

/** What events took, in their order, whoever was called how by then. */
export function takingsOf(events: readonly TrustEvent[]): readonly LostEvent[] {
  const formerNames = new Map<string, readonly FoldedName[]>();
  return events.map((event) => {
    noteRename(formerNames, event);
    const takings = takingsIn(event, formerNames);
    const isOnlyTaking = takings.length > 0 && event.type !== "joined" && event.type !== "first-use-opened";
    return { event, takings, isGone: !isOnlyTaking && !NEUTRAL.has(event.type) };
  });
}

function takingsIn(
  event: TrustEvent,
  formerNames: ReadonlyMap<string, readonly FoldedName[]>,
): readonly Taking[] {
  const { type, pin, before, after, details, peer } = event;
  switch (type) {
    case "forgotten":
      return pin === null ? [] : [{ what: "forgotten", pin, peer }];
    case "token-cancelled":
    // Whoever has it used it, or found it: it is worth nothing any more.
    case "joined":
      return typeof details["token"] === "string" ? [{ what: "token", id: details["token"] }] : [];
    case "api-token-cancelled":
      return typeof details["apiToken"] === "string" ? [{ what: "api-token", id: details["apiToken"] }] : [];
    case "group-removed": {
      const [name, group] = [peerInEvent(event), nameInDetails(event, "group")];
      if (name === null || group === null) return [];
      const names = [name, ...(formerNames.get(name.nameKey) ?? [])];
      return [{ what: "member", names, groupKey: group.nameKey }];
    }
    // A window that is opened takes the place of the one before it.
    case "first-use-opened":
    case "first-use-closed":
      return [{ what: "window" }];
    default:
  }
  if (pin === null || after === null || NEUTRAL.has(type)) return [];
  if (after !== "trusted") return before === after ? [] : [{ what: "key", pin, state: after }];
  const { expires } = details;
  return before === "trusted" && typeof expires === "string"
    ? [{ what: "end", pin, expires: Date.parse(expires) }]
    : [];
}

function noteRename(formerNames: Map<string, readonly FoldedName[]>, event: TrustEvent): void {
  const isRenamed = event.type === "renamed" || event.details["act"] === "renamed";
  const former = isRenamed ? nameInDetails(event, "formerName") : null;
  if (former === null || event.peer === null) return;
  formerNames.set(nameKey(event.peer), [former, ...(formerNames.get(former.nameKey) ?? [])]);
}
