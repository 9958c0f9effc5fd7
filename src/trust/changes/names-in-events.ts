import type { EventDraft, TrustEvent } from "../records/events.ts";
import { foldInEvent, standingBefore } from "../chain/key-history.ts";
import type { KeyRecord } from "../records/key-record.ts";
import { claimedName, type FoldedName, newName } from "../naming/folded-name.ts";

type Details = EventDraft["details"];

/** A name in the details of an event: its fold stands beside it where it is another text, so that undoing folds nothing. */
export function nameDetails(detail: string, name: FoldedName | null): Details {
  return { [detail]: name?.name ?? null, ...foldDetails(detail, name) };
}

/** The fold alone, for a name that the event has elsewhere. */
export function foldDetails(detail: string, name: FoldedName | null): Details {
  return name === null || name.nameKey === name.name ? {} : { [`${detail}Key`]: name.nameKey };
}

/** What `nameDetails` wrote; null when there is no such name. */
export function nameInDetails(event: TrustEvent, detail: string): FoldedName | null {
  return withFold(event, event.details[detail] ?? null, event.details[`${detail}Key`]);
}

/** The name of the peer that an event about no key is about. */
export function peerInEvent(event: TrustEvent): FoldedName | null {
  return withFold(event, event.peer, event.details["peerKey"]);
}

/** For the event of what ends the wait for a name: by it the name waits again when that is undone. */
export function formerNewName(key: KeyRecord): Details {
  return key.newName === null ? {} : nameDetails("formerNewName", newName(key));
}

/** For the event of what changes the claim that is accepted. */
export function formerClaim(before: KeyRecord, after: KeyRecord): Details {
  return before.claimedName === after.claimedName ? {} : nameDetails("formerClaim", claimedName(before));
}

/** The folded name that a key had before an event; null when it had none, or was forgotten since. */
export function nameKeyBefore(
  events: readonly TrustEvent[],
  { pin, nameKey }: Pick<KeyRecord, "pin" | "nameKey">,
  sequence: number,
): string | null {
  if ((standingBefore(events, pin, sequence)?.peer ?? null) === null) return null;
  const lost = events.find((event) => {
    return event.sequence >= sequence && (event.type === "forgotten" || "formerName" in event.details);
  });
  return lost === undefined ? nameKey : (nameInDetails(lost, "formerName")?.nameKey ?? null);
}

function withFold(
  event: TrustEvent,
  name: string | null,
  fold: string | null | undefined,
): FoldedName | null {
  // Tamed when it was written.
  return name === null ? null : { name, nameKey: foldInEvent(event, name, fold) };
}
