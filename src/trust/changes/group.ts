import { HandclaspError } from "../../errors.ts";
import { nameKey, nameKeysOf, toPeerName } from "../peer-name.ts";
import { toKeyId } from "../key-id.ts";
import type { KeyRecord } from "../key-record.ts";
import { parseKeyReference } from "../key-reference.ts";
import { resolveOne } from "../resolve-keys.ts";
import type { TrustTables } from "../trust-tables.ts";
import type { AddToGroupChange, ChangeOrigin, Outcome, RemoveFromGroupChange } from "./change.ts";
import { touchKeys } from "./put-key.ts";

/** Puts the peer that a key speaks for into a group; the first member makes the group. */
export function applyAddToGroup(tables: TrustTables, change: AddToGroupChange): Outcome {
  const key = resolveOne(tables, parseKeyReference(change.key), "group");
  const group = toPeerName(change.group);
  if (!group.ok) {
    throw new HandclaspError("ERR_HANDCLASP_NAME", `this cannot be a group's name: ${group.problem}`);
  }
  if (key.peer === null) {
    throw new HandclaspError("ERR_HANDCLASP_STATE", "this key has no name yet: a group has peers in it", {
      hint: "approving it gives it the name it claims",
      remedies: [{ act: "approve-key", at: "server", key: toKeyId(key.pin) }],
    });
  }
  const member = { group: group.name, nameKey: nameKey(key.peer), addedAt: change.at };
  if (tables.groupsOf(member.nameKey).some((name) => nameKey(name) === group.key)) return changed(key);
  tables.putMember(member);
  touchKeys(tables, member.nameKey);
  append(tables, change, "group-added", key.peer, group.name);
  return changed(key);
}

/** Takes a peer out of a group; the last one ends the group. */
export function applyRemoveFromGroup(tables: TrustTables, change: RemoveFromGroupChange): Outcome {
  const key = resolveOne(tables, parseKeyReference(change.key), "group");
  const wanted = nameKeysOf(change.group);
  const groups = key.peer === null ? [] : tables.groupsOf(nameKey(key.peer));
  const group = groups.find((name) => wanted.includes(nameKey(name)));
  if (key.peer === null || group === undefined) {
    throw new HandclaspError(
      "ERR_HANDCLASP_NOT_FOUND",
      `"${key.peer}" is not in the group "${change.group}"`,
      {
        hint: "look at who is",
        remedies: [{ act: "list-groups", at: "server" }],
      },
    );
  }
  tables.deleteMember(nameKey(key.peer), nameKey(group));
  touchKeys(tables, nameKey(key.peer));
  append(tables, change, "group-removed", key.peer, group);
  return changed(key);
}

/** After a key lost its name: a name that nobody has now is in no group, whoever gets it next. */
export function leaveGroups(tables: TrustTables, origin: ChangeOrigin, peer: string | null): void {
  if (peer === null || tables.keysOfName(nameKey(peer)).length > 0) return;
  for (const group of tables.groupsOf(nameKey(peer))) {
    tables.deleteMember(nameKey(peer), nameKey(group));
    append(tables, origin, "group-removed", peer, group);
  }
}

/** A peer that gets another name stays in its groups. */
export function keepGroups(tables: TrustTables, { at }: ChangeOrigin, former: string, name: string): void {
  if (nameKey(former) === nameKey(name)) return;
  for (const group of tables.groupsOf(nameKey(former))) {
    tables.deleteMember(nameKey(former), nameKey(group));
    tables.putMember({ group, nameKey: nameKey(name), addedAt: at });
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
