import { isSetAside } from "./is-set-aside.ts";
import type { BackedUpKey } from "../records/change.ts";
import type { KeyRecord, KeyState } from "../records/key-record.ts";

/** A key as it is to be; its version is not. */
type StandingKey = Omit<KeyRecord, "version">;

/** The higher wins, whichever came first: none of them ends by a restore. */
const STRICTNESS: Readonly<Record<KeyState, number>> = {
  trusted: 0,
  pending: 0,
  ignored: 1,
  retired: 2,
  revoked: 3,
};

/** Whether trust in a key ended for good: a restore does not give it back. */
export function isBarred({ state }: Pick<KeyRecord, "state">): boolean {
  return STRICTNESS[state] > 0;
}

/** A key as it is to be, so that it stands as a backup has it, unless it was barred since; null when it stands so already. */
export function putBack(backup: BackedUpKey, now: KeyRecord | undefined, at: number): StandingKey | null {
  if (now === undefined) return backup.certificate === null ? null : anew(backup, at);
  const isStranger = backup.state === "pending" && !isSetAside(backup);
  if (isStranger) return now.state === "trusted" ? waitingAgain(now) : null;
  const state = STRICTNESS[now.state] > STRICTNESS[backup.state] ? now.state : backup.state;
  const isOther = state !== now.state || (state === "pending" && !isSetAside(now));
  const named = backup.nameKey === null ? now : backup;
  const claim = state === "trusted" ? backup : now;
  const key: StandingKey = {
    ...now,
    state,
    peer: named.peer,
    nameKey: named.nameKey,
    claimedName: claim.claimedName,
    claimedKey: claim.claimedKey,
    source: isOther || state === "trusted" ? backup.source : now.source,
    expires: state === "trusted" ? backup.expires : null,
    ...(isOther && { newName: null, newKey: null, conflictsWith: null, staleSeen: false }),
    endorsesFrom: endorsesFrom(state, now, at),
  };
  return isOther || STANDING.some((field) => key[field] !== now[field]) ? key : null;
}

/** A key that nobody trusted, or had, when the backup was made: it waits for operators alone, and its name is free. */
export function waitingAgain(now: KeyRecord): StandingKey {
  return {
    ...now,
    state: "pending",
    peer: null,
    nameKey: null,
    newName: null,
    newKey: null,
    source: "first-use",
    expires: null,
    conflictsWith: null,
    staleSeen: false,
  };
}

const STANDING = ["peer", "nameKey", "claimedName", "source", "expires"] as const;

/** A key that was forgotten since. Strangers come by themselves. */
function anew(backedUp: BackedUpKey, at: number): StandingKey | null {
  const { certificate: _certificate, ...backup } = backedUp;
  if (backup.state === "pending" && !isSetAside(backup)) return null;
  return {
    ...backup,
    newName: null,
    newKey: null,
    conflictsWith: null,
    expires: backup.state === "trusted" ? backup.expires : null,
    staleSeen: false,
    endorsesFrom: endorsesFrom(backup.state, undefined, at),
  };
}

/** What it endorsed while it was not trusted stays void. */
function endorsesFrom(state: KeyState, now: KeyRecord | undefined, at: number): number {
  return state === "trusted" && now?.state !== "trusted" ? at : (now?.endorsesFrom ?? 0);
}
