import { HandclaspError } from "../../errors.ts";
import { toKeyId } from "../key-id.ts";
import type { KeyRecord } from "../key-record.ts";
import { resolveOne } from "../resolve-keys.ts";
import type { TrustTables } from "../trust-tables.ts";
import type { ChangeOrigin, Outcome } from "./change.ts";
import { boundName, type FoldedName } from "./folded-name.ts";
import type { PreparedAddToGroup, PreparedRemoveFromGroup } from "./prepared-change.ts";
import { touchKeys } from "./put-key.ts";

/** Puts the peer that a key speaks for into a group; the first member makes the group. */
export function applyAddToGroup(tables: TrustTables, change: PreparedAddToGroup): Outcome {
  const key = resolveOne(tables, change.key, "group");
  const peer = boundName(key);
  if (peer === null) {
    throw new HandclaspError("ERR_HANDCLASP_STATE", "this key has no name yet: a group has peers in it", {
      hint: "approving it gives it the name it claims",
      remedies: [{ act: "approve-key", at: "server", key: toKeyId(key.pin) }],
    });
  }
  const { name: group, nameKey: groupKey } = change.group;
  const { name, nameKey } = peer;
  if (tables.memberships(nameKey).some((known) => known.groupKey === groupKey)) return changed(key);
  tables.putMember({ group, groupKey, nameKey, addedAt: change.at });
  touchKeys(tables, nameKey);
  append(tables, change, "group-added", name, group);
  return changed(key);
}

/** Takes a peer out of a group; the last one ends the group. */
export function applyRemoveFromGroup(tables: TrustTables, change: PreparedRemoveFromGroup): Outcome {
  const key = resolveOne(tables, change.key, "group");
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
  tables.deleteMember(peer.nameKey, member.groupKey);
  touchKeys(tables, peer.nameKey);
  append(tables, change, "group-removed", peer.name, member.group);
  return changed(key);
}

/** After a key lost its name: a name that nobody has now is in no group, whoever gets it next. */
export function leaveGroups(tables: TrustTables, origin: ChangeOrigin, peer: FoldedName | null): void {
  if (peer === null || tables.keysOfName(peer.nameKey).length > 0) return;
  for (const { group, groupKey } of tables.memberships(peer.nameKey)) {
    tables.deleteMember(peer.nameKey, groupKey);
    append(tables, origin, "group-removed", peer.name, group);
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
  peer: string,
  group: string,
): void {
  tables.appendEvent({ type, at, actor, pin: null, peer, before: null, after: null, details: { group } });
}

function changed(key: KeyRecord): Outcome {
  return { kind: "changed", keys: [key] };
}
