import type { BackedUpKey, ChangeOrigin, Outcome, RestoreChange } from "../records/change.ts";
import { apiTokenState } from "../records/api-token-record.ts";
import type { KeyPin, KeyRecord } from "../records/key-record.ts";
import { OPERATOR_GROUPS } from "../records/scope.ts";
import { tokenState } from "../records/token-record.ts";
import type { TrustTables } from "../records/trust-tables.ts";
import { applyCancelApiToken } from "./api-token.ts";
import { boundName } from "../naming/folded-name.ts";
import { addMember, leaveGroups, membership, removeMember } from "./group.ts";
import { formerClaim, formerNewName, nameDetails } from "./names-in-events.ts";
import { applyOpenFirstUse } from "./open-first-use.ts";
import { putBack, waitingAgain } from "../judging/put-back.ts";
import { type KeyDraft, putKeys } from "./put-key.ts";
import { cancelToken } from "./token.ts";

interface Move {
  readonly before: KeyRecord | undefined;
  readonly draft: KeyDraft;
  readonly backup: BackedUpKey | null;
}

/** Leads keys, groups, tokens and the window to what a backup says of them, by what they are when it is carried out. */
export function applyRestore(tables: TrustTables, change: RestoreChange): Outcome {
  endInvitations(tables, change);
  const moves = movesOf(tables, change);
  const keys = putKeys(
    tables,
    moves.map(({ draft }) => draft),
  );
  for (const [index, move] of moves.entries()) appendPutBack(tables, change, move, keys[index] ?? move.draft);
  for (const { before, draft } of moves) {
    const former = before === undefined ? null : boundName(before);
    if (former !== null && former.nameKey !== draft.nameKey) leaveGroups(tables, change, former, draft.pin);
  }
  settleMembers(tables, change);
  if (change.end !== null) appendRestored(tables, change, change.end);
  return { kind: "changed", keys: keys.map((key) => tables.key(key.pin) ?? key) };
}

/** By which somebody could come that the backup does not know of. */
function endInvitations(tables: TrustTables, { tokens, apiTokens, window, at, actor }: RestoreChange): void {
  for (const id of tokens) {
    const token = tables.token(id);
    if (token !== undefined && tokenState(token, at) === "open") cancelToken(tables, { at, actor }, token);
  }
  for (const id of apiTokens) {
    const token = tables.apiToken(id);
    if (token === undefined || apiTokenState(token, at) !== "open") continue;
    applyCancelApiToken(tables, { type: "cancel-api-token", id, at, actor });
  }
  if (window === null || tables.firstUseWindow()?.event !== window) return;
  applyOpenFirstUse(tables, { type: "open-first-use", until: at, at, actor });
}

/** One for each key, whatever the change says twice. */
function movesOf(tables: TrustTables, { taken, keys, at }: RestoreChange): readonly Move[] {
  const moves = new Map<KeyPin, Move>();
  for (const pin of taken) {
    const before = tables.key(pin);
    if (before?.state === "trusted") moves.set(pin, { before, draft: waitingAgain(before), backup: null });
  }
  for (const backup of keys) {
    const before = tables.key(backup.pin);
    const draft = putBack(backup, before, at);
    if (draft !== null) moves.set(backup.pin, { before, draft, backup });
  }
  return [...moves.values()];
}

function appendPutBack(
  tables: TrustTables,
  { at, actor }: ChangeOrigin,
  { before, draft, backup }: Move,
  after: Omit<KeyRecord, "version">,
): void {
  const { pin, peer, state, expires, source, staleSeen } = after;
  const former = before === undefined ? null : boundName(before);
  tables.appendEvent({
    type: "put-back",
    at,
    actor,
    pin,
    peer: peer ?? after.claimedName,
    before: before?.state ?? null,
    after: state,
    details: {
      boundName: peer,
      source,
      expires: expires === null ? null : new Date(expires).toISOString(),
      ...(staleSeen && { staleSeen: "yes" }),
      ...(former !== null && former.name !== peer && nameDetails("formerName", former)),
      ...(before !== undefined && formerClaim(before, { ...before, ...after })),
      ...(before !== undefined && before.newName !== after.newName && formerNewName(before)),
    },
  });
  const certificate = backup?.certificate;
  if (before !== undefined || certificate === null || certificate === undefined) return;
  tables.putCertificate({ ...certificate, pin });
  if (draft.note === null) return;
  const about = { at, actor, pin, peer: peer ?? after.claimedName, before: state, after: state };
  tables.appendEvent({ type: "noted", ...about, details: { note: draft.note } });
}

/** Who left the operators since does not come back: that took more from somebody than a name. */
function settleMembers(tables: TrustTables, change: RestoreChange): void {
  for (const { peer, nameKey, groupKey } of change.left) {
    const named = { name: peer, nameKey };
    const member = membership(tables, named, { nameKey: groupKey });
    if (member !== undefined) removeMember(tables, change, named, member);
  }
  for (const { peer, nameKey, group, groupKey } of change.entered) {
    const named = { name: peer, nameKey };
    if (OPERATOR_GROUPS.has(groupKey) || membership(tables, named, { nameKey: groupKey }) !== undefined)
      continue;
    if (!tables.keysOfName(nameKey).some(({ state }) => state === "trusted")) continue;
    addMember(tables, change, named, { name: group, nameKey: groupKey });
  }
}

function appendRestored(
  tables: TrustTables,
  { at, actor }: ChangeOrigin,
  { backup, isOther, aheadOf, totals }: NonNullable<RestoreChange["end"]>,
): void {
  const counts = Object.entries(totals).map(([what, count]) => [what, String(count)] as const);
  tables.appendEvent({
    type: "restored",
    at,
    actor,
    pin: null,
    peer: null,
    before: null,
    after: null,
    details: {
      backupSequence: String(backup.sequence),
      backupHash: backup.hash,
      ...(isOther && { otherChain: "yes" }),
      ...(aheadOf !== undefined && { aheadOf: String(aheadOf) }),
      ...Object.fromEntries(counts),
    },
  });
}
