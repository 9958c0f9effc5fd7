import { HandclaspError } from "../../errors.ts";
import type { EventDraft } from "../records/events.ts";
import { toKeyId } from "../naming/key-id.ts";
import type { KeyPin, KeyRecord } from "../records/key-record.ts";
import type { GroupMember, TrustTables } from "../records/trust-tables.ts";
import type { ChangeOrigin, Outcome } from "../records/change.ts";
import { boundName, type FoldedName } from "../naming/folded-name.ts";
import type { PreparedAddToGroup, PreparedRemoveFromGroup } from "./prepared-change.ts";
import { keepsItsName } from "../judging/is-set-aside.ts";
import { OPERATOR_GROUPS } from "../records/scope.ts";
import { tokenState } from "../records/token-record.ts";
import { cancelToken } from "./token.ts";
import { meantKey } from "./meant-keys.ts";
import { mustBeAsSeen } from "./must-be-as-seen.ts";
import { foldDetails, nameDetails } from "./names-in-events.ts";
import { touchKeys } from "./put-key.ts";

/** Puts the peer that a key speaks for into a group; the first member makes the group. */
export function applyAddToGroup(tables: TrustTables, change: PreparedAddToGroup): Outcome {
  const isOfOperators = OPERATOR_GROUPS.has(change.group.nameKey);
  const key = meantKey(tables, isOfOperators ? { key: change.key } : change, "group");
  const peer = boundName(key);
  if (peer === null) {
    throw new HandclaspError("ERR_HANDCLASP_STATE", "this key has no name yet: a group has peers in it", {
      hint: "approving it gives it the name it claims",
      remedies: [{ act: "approve-key", at: "server", key: toKeyId(key.pin) }],
    });
  }
  if (isOfOperators) mustBeAllKeys(tables, change, peer, key);
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
  enter(tables, origin, { group: group.name, groupKey: group.nameKey, nameKey, addedAt: origin.at });
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
export function keepGroups(tables: TrustTables, origin: ChangeOrigin, former: string, name: string): void {
  if (former === name) return;
  for (const { group, groupKey } of tables.memberships(former)) {
    tables.deleteMember(former, groupKey);
    enter(tables, origin, { group, groupKey, nameKey: name, addedAt: origin.at });
  }
}

/** A peer comes into a group with all its keys: of an operator there is one, or each has been looked at. */
function mustBeAllKeys(
  tables: TrustTables,
  { seen }: Pick<PreparedAddToGroup, "seen">,
  peer: FoldedName,
  key: KeyRecord,
): void {
  const keys = tables.keysOfName(peer.nameKey).filter(keepsItsName);
  const looked = Array.isArray(seen) && seen.length > 1 ? keys : [key];
  mustBeAsSeen(looked, seen);
  if (keys.every(({ pin }) => looked.some((one) => one.pin === pin))) return;
  const list = keys.map(({ pin, state }) => `  ${toKeyId(pin)} (${state})`).join("\n");
  throw new HandclaspError(
    "ERR_HANDCLASP_AMBIGUOUS",
    `"${peer.name}" has several keys, and whoever has one of them would be an operator:\n${list}`,
    {
      hint: "look at each; set aside or forget what is not theirs, or say that all are meant",
      remedies: [{ act: "add-to-group", at: "server", key: toKeyId(key.pin), options: { "all-keys": true } }],
      details: { pins: keys.map(({ pin }) => pin) },
    },
  );
}

/** Whoever was invited under the name before it was an operator's would be one: those join tokens are worthless from now on. */
function enter(tables: TrustTables, { at, actor }: ChangeOrigin, member: GroupMember): void {
  tables.putMember(member);
  if (!OPERATOR_GROUPS.has(member.groupKey)) return;
  for (const token of tables.tokensFor(member.nameKey)) {
    if (tokenState(token, at) === "open") cancelToken(tables, { at, actor }, token, groupDetails(member));
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
