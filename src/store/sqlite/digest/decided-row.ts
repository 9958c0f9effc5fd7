import { isWaiting } from "../../../trust/judging/is-waiting.ts";
import type { ApiTokenRecord } from "../../../trust/records/api-token-record.ts";
import type { KeyPin, KeyRecord } from "../../../trust/records/key-record.ts";
import type { TokenRecord } from "../../../trust/records/token-record.ts";
import type { GroupMember } from "../../../trust/records/trust-tables.ts";

// A row as it counts in the digest: JSON, so that no two rows read alike.

/** Undefined for a key that waits: it is no part of what was decided. The newest certificate is each machine's own. */
export function keyText(key: KeyRecord): string | undefined {
  if (isWaiting(key)) return undefined;
  return JSON.stringify([
    "key",
    key.pin,
    key.state,
    key.peer,
    key.nameKey,
    key.claimedName,
    key.claimedKey,
    key.newName,
    key.newKey,
    key.source,
    key.firstSeen,
    key.firstAddress,
    key.expires,
    key.conflictsWith,
    key.staleSeen,
    key.endorsesFrom,
    key.note,
    key.version,
  ]);
}

export function tombstoneText(pin: KeyPin, at: number): string {
  return JSON.stringify(["tombstone", pin, at]);
}

export function tokenText(token: TokenRecord): string {
  return JSON.stringify([
    "token",
    token.id,
    Buffer.from(token.publicKey).toString("hex"),
    token.peer,
    token.nameKey,
    token.serverPin,
    token.from,
    token.replace,
    token.groups.map(({ name, nameKey }) => [name, nameKey]),
    token.createdAt,
    token.expires,
    token.usedAt,
    token.usedBy,
    token.cancelledAt,
  ]);
}

export function apiTokenText(token: ApiTokenRecord): string {
  const { id, hash, name, nameKey, scope, createdAt, expires, cancelledAt } = token;
  return JSON.stringify(["api-token", id, hash, name, nameKey, scope, createdAt, expires, cancelledAt]);
}

export function memberText({ group, groupKey, nameKey, addedAt }: GroupMember): string {
  return JSON.stringify(["member", nameKey, groupKey, group, addedAt]);
}

export function notedText(about: string, problem: string): string {
  return JSON.stringify(["noted", about, problem]);
}
