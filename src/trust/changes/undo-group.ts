import type { TrustEvent } from "../records/events.ts";
import type { TrustTables } from "../records/trust-tables.ts";
import type { Outcome, UndoChange } from "../records/change.ts";
import { addMember, membership, removeMember } from "./group.ts";
import { nameInDetails, nameKeyBefore, peerInEvent } from "./names-in-events.ts";
import { changedSince, mustBeAsSeen } from "./must-be-as-seen.ts";

/**
 * Takes a peer out of a group again, or puts it back. The peer must have the keys that it had then: a name may be somebody
 * else's by now.
 */
export function undoGroupEvent(tables: TrustTables, change: UndoChange, event: TrustEvent): Outcome {
  const { sequence } = event;
  const peer = peerInEvent(event);
  const group = nameInDetails(event, "group");
  if (peer === null || group === null) throw changedSince(sequence, undefined, undefined);
  const keys = tables.keysOfName(peer.nameKey);
  const stranger = keys.find(
    (key) => nameKeyBefore(tables.eventsAbout(key.pin), key, sequence) !== peer.nameKey,
  );
  const spellings = new Set([peer.name, ...keys.flatMap((key) => key.peer ?? [])]);
  const later = [...spellings]
    .flatMap((spelling) => tables.eventsAbout(spelling))
    .find((one) => one.sequence > sequence && nameInDetails(one, "group")?.nameKey === group.nameKey);
  const member = membership(tables, peer, group);
  const isStill = (member !== undefined) === (event.type === "group-added");
  if (keys.length === 0 || stranger !== undefined || later !== undefined || !isStill) {
    throw changedSince(sequence, stranger, later);
  }
  mustBeAsSeen(keys, change.seen);
  if (member === undefined) addMember(tables, change, peer, group, sequence);
  else removeMember(tables, change, peer, member, sequence);
  return { kind: "changed", keys: tables.keysOfName(peer.nameKey) };
}
