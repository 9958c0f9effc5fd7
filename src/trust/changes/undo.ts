import { HandclaspError } from "../../errors.ts";
import type { TrustEvent, TrustEventType } from "../records/events.ts";
import type { FoldedKey } from "../chain/fold-events.ts";
import { keepsItsName } from "../judging/is-set-aside.ts";
import { lastChange, standingBefore } from "../chain/key-history.ts";
import { toKeyId } from "../naming/key-id.ts";
import type { KeyPin, KeyRecord } from "../records/key-record.ts";
import type { TrustTables } from "../records/trust-tables.ts";
import type { Outcome, UndoChange } from "../records/change.ts";
import { boundName, claimedName, type FoldedName } from "../naming/folded-name.ts";
import { addMember, keepGroups, leaveGroups, membership } from "./group.ts";
import { changedSince, mustBeAsSeen } from "./must-be-as-seen.ts";
import {
  formerClaim,
  formerNewName,
  nameDetails,
  nameInDetails,
  nameKeyBefore,
  peerInEvent,
} from "./names-in-events.ts";
import { type KeyDraft, putKeys } from "./put-key.ts";
import { UNDOABLE } from "./undoable.ts";
import { undoGroupEvent } from "./undo-group.ts";
import { type KeyEvent, undoneActOf, type UndoneAct } from "./undone-act.ts";

/** How a key that nobody had decided about waits again: for operators alone. */
const UNDECIDED = {
  state: "pending",
  peer: null,
  source: "first-use",
  expires: null,
  staleSeen: false,
} as const;

/** What a key is to become again. */
type Standing = Pick<FoldedKey, "state" | "peer" | "source" | "expires" | "staleSeen">;

interface Member {
  readonly event: KeyEvent;
  readonly key: KeyRecord;
  readonly former: Standing;
  /** The name that it had, folded. */
  readonly formerKey: string | null;
}

/**
 * Takes back what an event says: its key, and those that came with it, stand again as the events before it have it. Fails
 * when any of them was changed since, or the name was given to somebody else.
 */
export function applyUndo(tables: TrustTables, change: UndoChange): Outcome {
  const event = tables.event(change.sequence);
  if (event === undefined) {
    throw new HandclaspError("ERR_HANDCLASP_NOT_FOUND", `there is no event ${change.sequence}`, {
      hint: "look at those there are",
      remedies: [{ act: "list-events", at: "server" }],
    });
  }
  if (event.type === "group-added" || event.type === "group-removed")
    return undoGroupEvent(tables, change, event);
  const { pin } = event;
  if (!UNDOABLE.has(event.type) || pin === null) throw final(event);
  const act = undoneActOf(tables, { ...event, pin });
  const members = act.events.map((one) => memberOf(tables, one));
  mustBeAsSeen(
    members.map(({ key }) => key),
    change.seen,
  );
  if (act.type === "renamed") mustBeWholePeer(tables, members, change.sequence);
  for (const member of members) mustBeFree(tables, member, members);
  const keys = putKeys(
    tables,
    members.map((member) => standingAgain(change, act, member)),
  );
  for (const [index, member] of members.entries()) {
    appendUndone(tables, change, act, { ...member, restored: keys[index] ?? member.key });
  }
  settleGroups(tables, change, act, members);
  return { kind: "changed", keys: keys.map((key) => tables.key(key.pin) ?? key) };
}

function memberOf(tables: TrustTables, event: KeyEvent): Member {
  const events = tables.eventsAbout(event.pin);
  const key = tables.key(event.pin);
  const last = lastChange(events);
  if (key === undefined || last?.sequence !== event.sequence) throw changedSince(event.sequence, key, last);
  const formerKey = nameKeyBefore(events, key, event.sequence);
  const stood = standingBefore(events, event.pin, event.sequence) ?? UNDECIDED;
  // Of a key that was barred by a former version, its own events do not tell whether it got the name that it claimed.
  const former = formerKey === null ? { ...stood, peer: null } : stood;
  return { event, key, former, formerKey };
}

/** A peer gets its former name with all its keys or not at all. */
function mustBeWholePeer(tables: TrustTables, members: readonly Member[], sequence: number): void {
  const pins = new Set(members.map(({ key }) => key.pin));
  for (const name of new Set(members.map(({ key }) => key.nameKey))) {
    const stranger = holdersOf(tables, name).find(({ pin }) => !pins.has(pin));
    if (stranger !== undefined)
      throw changedSince(sequence, stranger, lastChange(tables.eventsAbout(stranger.pin)));
  }
}

/** Whoever got the name since the event, or is trusted under it since, keeps it. */
function mustBeFree(
  tables: TrustTables,
  { event, key, former, formerKey }: Member,
  members: readonly Member[],
): void {
  const rivals = holdersOf(tables, formerKey).filter((holder) => {
    if (isAmong(members, holder)) return false;
    const events = tables.eventsAbout(holder.pin);
    const then = standingBefore(events, holder.pin, event.sequence);
    const hadIt = then !== undefined && nameKeyBefore(events, holder, event.sequence) === formerKey;
    return !hadIt || (keepsItsName(holder) && !keepsItsName(then) && keepsItsName(former));
  });
  if (rivals.length === 0) return;
  const held = rivals.map((holder) => `${toKeyId(holder.pin)} (${holder.state})`).join(", ");
  throw new HandclaspError(
    "ERR_HANDCLASP_CONFLICT",
    `the name "${former.peer}" was given to another key since: ${held}`,
    {
      hint: "decide which of them is called so: rename or forget the other",
      remedies: rivals.map(
        (holder) => ({ act: "show-key", at: "server", key: toKeyId(holder.pin) }) as const,
      ),
      details: { pin: key.pin, peer: former.peer, holders: rivals.map((holder) => holder.pin) },
    },
  );
}

function standingAgain({ at }: UndoChange, act: UndoneAct, member: Member): KeyDraft {
  const { event, key, former } = member;
  const claim = act.type === "renamed" ? key : claimBefore(event, key);
  return {
    ...key,
    claimedName: claim.claimedName,
    claimedKey: claim.claimedKey,
    newName: claim.newName,
    newKey: claim.newKey,
    state: former.state,
    peer: former.peer,
    nameKey: member.formerKey,
    source: former.source,
    expires: former.expires,
    staleSeen: former.staleSeen,
    conflictsWith: null,
    // What it endorsed while it was not trusted stays void.
    endorsesFrom: former.state === "trusted" && key.state !== "trusted" ? at : key.endorsesFrom,
  };
}

function appendUndone(
  tables: TrustTables,
  { at, actor, sequence }: UndoChange,
  act: UndoneAct,
  { key, former, restored }: Member & { readonly restored: KeyRecord },
): void {
  tables.appendEvent({
    type: "undone",
    at,
    actor,
    pin: key.pin,
    peer: restored.peer ?? restored.claimedName,
    before: key.state,
    after: restored.state,
    details: {
      undoes: String(sequence),
      act: act.type,
      boundName: former.peer,
      source: former.source,
      expires: former.expires === null ? null : new Date(former.expires).toISOString(),
      ...(former.staleSeen && { staleSeen: "yes" }),
      ...(key.peer !== null && key.peer !== former.peer && nameDetails("formerName", boundName(key))),
      ...formerClaim(key, restored),
      ...(restored.newName !== key.newName && formerNewName(key)),
    },
  });
}

/** What was claimed and what waited before an event, where the event changed it. */
function claimBefore(event: KeyEvent, key: KeyRecord): Claim {
  const waited = nameInDetails(event, "formerNewName");
  const claim = "formerClaim" in event.details ? nameInDetails(event, "formerClaim") : claimedName(key);
  return {
    claimedName: claim?.name ?? null,
    claimedKey: claim?.nameKey ?? null,
    newName: waited?.name ?? null,
    newKey: waited?.nameKey ?? null,
  };
}

type Claim = Pick<KeyRecord, "claimedName" | "claimedKey" | "newName" | "newKey">;

/** Groups go with a peer that is renamed; else they are left with a name, and entered again with it. */
function settleGroups(
  tables: TrustTables,
  change: UndoChange,
  act: UndoneAct,
  members: readonly Member[],
): void {
  if (act.type === "renamed") {
    for (const { key, formerKey } of members.slice(0, 1)) {
      if (key.nameKey !== null && formerKey !== null) keepGroups(tables, change, key.nameKey, formerKey);
    }
    return;
  }
  for (const { key } of members) leaveGroups(tables, change, boundName(key), key.pin);
  for (const event of act.leftGroups)
    enterAgain(tables, change, peerInEvent(event), nameInDetails(event, "group"));
}

function enterAgain(
  tables: TrustTables,
  change: UndoChange,
  peer: FoldedName | null,
  group: FoldedName | null,
): void {
  if (peer === null || group === null || tables.keysOfName(peer.nameKey).length === 0) return;
  if (membership(tables, peer, group) === undefined) addMember(tables, change, peer, group, change.sequence);
}

function holdersOf(tables: TrustTables, nameKey: string | null): readonly KeyRecord[] {
  return nameKey === null ? [] : tables.keysOfName(nameKey);
}

function isAmong(members: readonly Member[], { pin }: { readonly pin: KeyPin }): boolean {
  return members.some(({ key }) => key.pin === pin);
}

function final({ sequence, type }: TrustEvent): HandclaspError {
  return new HandclaspError("ERR_HANDCLASP_STATE", `event ${sequence} (${type}) cannot be undone`, {
    hint: HINTS[type] ?? "what operators decided about keys, names and groups can be, and that alone",
    details: { sequence, type },
  });
}

const HINTS: Partial<Readonly<Record<TrustEventType, string>>> = {
  met: "set the key aside, or revoke it",
  imported: "set the key aside, or forget it",
  forgotten: "nothing is left of a key that was forgotten: bring its certificate again, or let it connect",
  retired: "undo the approval that came right after it; else approve the key",
  rotated: "revoke or set aside the key that came, and approve the one that it took the place of",
  joined: "revoke or set aside the key that came",
  "token-created": "cancel the token",
  "first-use-opened": "close the window",
};
