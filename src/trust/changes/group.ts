import { HandclaspError } from "../../errors.ts";
import type { EventDraft } from "../records/events.ts";
import { toKeyId } from "../naming/key-id.ts";
import type { KeyPin, KeyRecord } from "../records/key-record.ts";
import type { GroupMember, TrustTables } from "../records/trust-tables.ts";
import type { ChangeOrigin, Outcome } from "../records/change.ts";
import { boundName, type FoldedName } from "./folded-name.ts";
import type { PreparedAddToGroup, PreparedRemoveFromGroup } from "./prepared-change.ts";
import { meantKey } from "./meant-keys.ts";
import { foldDetails, nameDetails } from "./names-in-events.ts";
import { touchKeys } from "./put-key.ts";

/** Puts the peer that a key speaks for into a group; the first member makes the group. */
export function applyAddToGroup(tables: TrustTables, change: PreparedAddToGroup): Outcome {
  const key = meantKey(tables, change, "group");
  const peer = boundName(key);
  if (peer === null) {
    throw new HandclaspError("ERR_HANDCLASP_STATE", "this key has no name yet: a group has peers in it", {
      hint: "approving it gives it the name it claims",
      remedies: [{ act: "approve-key", at: "server", key: toKeyId(key.pin) }],
    });
  }
  if (membership(tables, peer, change.group) === undefined) addMember(tables, change, peer, change.group);
  return changed(key);
}

/** Takes a peer out of a group; the last one ends the group. */
export function applyRemoveFromGroup(tables: TrustTables, change: PreparedRemoveFromGroup): Outcome {
  const key = meantKey(tables, change, "group");
  const peer = boundName(key);
  const { text, groupKeys } = change.group;
  const groups = peer === null ? [] : tables.memberships(peer.nameKey);
  const member = groups.find(({ groupKey }) => groupKeys.includes(groupKey));
  if (peer === null || member === undefined) {
    throw new HandclaspError("ERR_HANDCLASP_NOT_FOUND", `"${key.peer}" is not in the group "${text}"`, {
      hint: "look at who is",
      remedies: [{ act: "list-groups", at: "server" }],
    });
  }
  removeMember(tables, change, peer, member);
  return changed(key);
}

/** How a peer is in a group; undefined when it is not. */
export function membership(
  tables: TrustTables,
  peer: FoldedName,
  group: Pick<FoldedName, "nameKey">,
): GroupMember | undefined {
  return tables.memberships(peer.nameKey).find(({ groupKey }) => groupKey === group.nameKey);
}

/** `undoes` is the number of the event that is undone by it. */
export function addMember(
  tables: TrustTables,
  origin: ChangeOrigin,
  peer: FoldedName,
  group: FoldedName,
  undoes?: number,
): void {
  const { nameKey } = peer;
  tables.putMember({ group: group.name, groupKey: group.nameKey, nameKey, addedAt: origin.at });
  touchKeys(tables, nameKey);
  append(tables, origin, "group-added", peer, { ...nameDetails("group", group), ...toUndoes(undoes) });
}

/** As `addMember`. */
export function removeMember(
  tables: TrustTables,
  origin: ChangeOrigin,
  peer: FoldedName,
  member: GroupMember,
  undoes?: number,
): void {
  tables.deleteMember(peer.nameKey, member.groupKey);
  touchKeys(tables, peer.nameKey);
  append(tables, origin, "group-removed", peer, { ...groupDetails(member), ...toUndoes(undoes) });
}

function groupDetails({ group, groupKey }: GroupMember): EventDraft["details"] {
  return nameDetails("group", { name: group, nameKey: groupKey });
}

function toUndoes(sequence: number | undefined): Readonly<Record<string, string>> {
  return sequence === undefined ? {} : { undoes: String(sequence) };
}

/** After a key lost its name: a name that nobody has now is in no group, whoever gets it next. */
export function leaveGroups(
  tables: TrustTables,
  origin: ChangeOrigin,
  peer: FoldedName | null,
  formerKey: KeyPin,
): void {
  if (peer === null || tables.keysOfName(peer.nameKey).length > 0) return;
  for (const member of tables.memberships(peer.nameKey)) {
    tables.deleteMember(peer.nameKey, member.groupKey);
    append(tables, origin, "group-removed", peer, { ...groupDetails(member), formerKey });
  }
}

/** A peer that gets another name, folded as these are, stays in its groups. */
export function keepGroups(tables: TrustTables, { at }: ChangeOrigin, former: string, name: string): void {
  if (former === name) return;
  for (const { group, groupKey } of tables.memberships(former)) {
    tables.deleteMember(former, groupKey);
    tables.putMember({ group, groupKey, nameKey: name, addedAt: at });
  }
}

function append(
  tables: TrustTables,
  { at, actor }: ChangeOrigin,
  type: "group-added" | "group-removed",
  peer: FoldedName,
  said: EventDraft["details"],
): void {
  const details = { ...said, ...foldDetails("peer", peer) };
  tables.appendEvent({ type, at, actor, pin: null, peer: peer.name, before: null, after: null, details });
}

function changed(key: KeyRecord): Outcome {
  return { kind: "changed", keys: [key] };
}
