import { standingBefore } from "../chain/key-history.ts";
import type { UndoChange } from "../records/change.ts";
import type { Actor, TrustEvent } from "../records/events.ts";
import type { KeyRecord, KeyState } from "../records/key-record.ts";
import { includes, OPERATOR_GROUPS, type Scope } from "../records/scope.ts";
import type { TokenRecord } from "../records/token-record.ts";
import type { TrustTables } from "../records/trust-tables.ts";
import { resolveKeys } from "../naming/resolve-keys.ts";
import { concernsOperators, isOperator } from "./concerns-operators.ts";
import { nameInDetails, nameKeyBefore, peerInEvent } from "./names-in-events.ts";
import type { PreparedApprove, PreparedBar, PreparedChange } from "./prepared-change.ts";
import { UNDOABLE } from "./undoable.ts";
import { undoneActOf } from "./undone-act.ts";

/**
 * What a change needs, by what it would do now: all that touches an operator's key, name, group or join token needs
 * `admin`, and what takes trust away, or gives back what was taken as lost or replaced, needs `manage`. Servers' changes
 * and what brings certificates by hand are nobody's who has a scope.
 */
export function scopeNeeded(tables: TrustTables, change: PreparedChange): Scope {
  switch (change.type) {
    case "approve":
      return forApproval(tables, change);
    case "ignore":
      return forIgnoring(tables, change);
    case "write-note":
      return unlessOperators(tables, resolveKeys(tables, change.key, "note"), "approve");
    case "revoke":
    case "set-aside":
    case "forget":
      return unlessOperators(tables, resolveKeys(tables, change.key, change.type), "manage");
    case "rename":
      if (isOperator(tables, change.peer.nameKey)) return "admin";
      return unlessOperators(tables, resolveKeys(tables, change.key, "rename"), "manage");
    case "add-to-group":
      if (OPERATOR_GROUPS.has(change.group.nameKey)) return "admin";
      return unlessOperators(tables, resolveKeys(tables, change.key, "group"), "manage");
    case "remove-from-group":
      if (change.group.groupKeys.some((group) => OPERATOR_GROUPS.has(group))) return "admin";
      return unlessOperators(tables, resolveKeys(tables, change.key, "group"), "manage");
    case "create-token":
      return leadsToOperators(tables, change.token) ? "admin" : "manage";
    case "cancel-token":
      return leadsToOperators(tables, tables.token(change.id)) ? "admin" : "manage";
    case "open-first-use":
      return "manage";
    case "undo":
      return forUndo(tables, change);
    default:
      return "admin";
  }
}

/** Whoever uses it is an operator then: by the name, or by a group. */
function leadsToOperators(
  tables: TrustTables,
  token: Pick<TokenRecord, "nameKey" | "groups"> | undefined,
): boolean {
  if (token === undefined) return false;
  return (
    isOperator(tables, token.nameKey) || token.groups.some(({ nameKey }) => OPERATOR_GROUPS.has(nameKey))
  );
}

function unlessOperators(tables: TrustTables, keys: readonly KeyRecord[], otherwise: Scope): Scope {
  return keys.some((key) => concernsOperators(tables, key)) ? "admin" : otherwise;
}

/** Who may approve may decide who somebody is that waits; not that what was revoked is good again, nor what a trusted key is called, or how long it lasts. */
function forApproval(tables: TrustTables, change: PreparedApprove): Scope {
  const keys = resolveKeys(tables, change.key, "approve");
  const name = change.peer?.nameKey ?? null;
  if (name !== null && isOperator(tables, name)) return "admin";
  return unlessOperators(tables, keys, keys.every((key) => isForReview(key, change)) ? "approve" : "manage");
}

function isForReview({ state, nameKey, newKey }: KeyRecord, { peer, expires }: PreparedApprove): boolean {
  if (state === "revoked" || state === "retired") return false;
  const isCalledSo = peer === null || nameKey === null || peer.nameKey === (newKey ?? nameKey);
  return isCalledSo && (state !== "trusted" || expires === undefined);
}

/** To ignore a trusted key is to take its trust away, and to ignore a revoked one makes it one that may be approved. */
function forIgnoring(tables: TrustTables, change: PreparedBar): Scope {
  const keys = resolveKeys(tables, change.key, "ignore");
  const isUntrusted = keys.every(({ state }) => state === "pending" || state === "ignored");
  return unlessOperators(tables, keys, isUntrusted ? "approve" : "manage");
}

/** What it does, whatever was done before; one's own approvals may be taken back by who may approve. */
function forUndo(tables: TrustTables, { sequence, actor }: UndoChange): Scope {
  const event = tables.event(sequence);
  if (event === undefined) return "approve";
  if (event.type === "group-added" || event.type === "group-removed") return forGroupUndo(tables, event);
  const { pin } = event;
  if (pin === null || !UNDOABLE.has(event.type)) return "approve";
  const act = undoneActOf(tables, { ...event, pin });
  const isOwn = (event.type === "approved" || event.type === "name-approved") && isSame(event.actor, actor);
  let needed: Scope = act.leftGroups.some((left) => isOperators(left)) ? "admin" : "approve";
  for (const one of act.events) {
    const key = tables.key(one.pin);
    if (key === undefined) continue;
    const events = tables.eventsAbout(one.pin);
    const former = nameKeyBefore(events, key, one.sequence);
    const isOf = concernsOperators(tables, key) || (former !== null && isOperator(tables, former));
    const before = standingBefore(events, one.pin, one.sequence)?.state ?? "pending";
    const isFree = isOwn || (act.type !== "renamed" && mayTurn(key.state, before));
    needed = wider(needed, isOf ? "admin" : isFree ? "approve" : "manage");
  }
  return needed;
}

function forGroupUndo(tables: TrustTables, event: TrustEvent): Scope {
  const peer = peerInEvent(event);
  const isOf = isOperators(event) || (peer !== null && isOperator(tables, peer.nameKey));
  return isOf ? "admin" : "manage";
}

function isOperators(event: TrustEvent): boolean {
  return OPERATOR_GROUPS.has(nameInDetails(event, "group")?.nameKey ?? "");
}

/** Whether who may approve and ignore can bring a key from one state into the other without an undo. */
function mayTurn(from: KeyState, to: KeyState): boolean {
  return (from === "pending" || from === "ignored") && to !== "revoked" && to !== "retired";
}

/** By how they came and who they are: processes come and go. Those of former versions do not say. */
function isSame(one: Actor, other: Actor): boolean {
  return (
    one.via !== undefined && one.via === other.via && one.user === other.user && one.keyId === other.keyId
  );
}

function wider(one: Scope, other: Scope): Scope {
  return includes(one, other) ? one : other;
}
