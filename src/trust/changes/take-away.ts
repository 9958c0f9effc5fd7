import { isSetAside } from "../judging/is-set-aside.ts";
import { apiTokenState } from "../records/api-token-record.ts";
import type { Outcome } from "../records/change.ts";
import type { KeyPin, KeyRecord, KeyState } from "../records/key-record.ts";
import { tokenState } from "../records/token-record.ts";
import type { TrustTables } from "../records/trust-tables.ts";
import { cancelApiToken } from "./api-token.ts";
import { boundName } from "../naming/folded-name.ts";
import { leaveGroups, removeMember } from "./group.ts";
import { formerNewName } from "./names-in-events.ts";
import { closeWindow } from "./open-first-use.ts";
import type { LeaveBranchChange, TakeAwayChange, Taking } from "./prepared-change.ts";
import { dropKeys, putKey } from "./put-key.ts";
import { cancelToken } from "./token.ts";

/** Takes what was taken elsewhere. Where less is there to be taken, or nothing, that is all that happens. */
export function applyTakeAway(tables: TrustTables, change: TakeAwayChange): Outcome {
  const pins = new Set<KeyPin>();
  for (const taking of change.takings) {
    take(tables, change, taking);
    if ("pin" in taking) pins.add(taking.pin);
  }
  return { kind: "changed", keys: [...pins].flatMap((pin) => tables.key(pin) ?? []) };
}

/** Has whoever reads the chain know that something was decided that is not in it. */
export function applyLeaveBranch(tables: TrustTables, { at, actor, details }: LeaveBranchChange): Outcome {
  tables.appendEvent({
    type: "branch-left",
    at,
    actor,
    pin: null,
    peer: null,
    before: null,
    after: null,
    details,
  });
  return { kind: "changed", keys: [] };
}

function take(tables: TrustTables, change: TakeAwayChange, taking: Taking): void {
  const { at, details } = change;
  switch (taking.what) {
    case "key":
      bar(tables, change, taking.pin, taking.state);
      return;
    case "end":
      shorten(tables, change, taking.pin, taking.expires);
      return;
    case "forgotten":
      forget(tables, change, taking);
      return;
    case "token": {
      const token = tables.token(taking.id);
      if (token !== undefined && tokenState(token, at) === "open")
        cancelToken(tables, change, token, details);
      return;
    }
    case "api-token": {
      const token = tables.apiToken(taking.id);
      if (token !== undefined && apiTokenState(token, at) === "open")
        cancelApiToken(tables, change, token, details);
      return;
    }
    case "member":
      for (const peer of taking.names) {
        const member = tables.memberships(peer.nameKey).find(({ groupKey }) => groupKey === taking.groupKey);
        if (member !== undefined) removeMember(tables, change, peer, member);
      }
      return;
    case "window":
      closeWindow(tables, change, details);
      return;
    default:
      throw new TypeError(`no version up to this one takes ${String(taking satisfies never)}`);
  }
}

type Barred = Extract<KeyState, "revoked" | "ignored" | "retired" | "pending">;

/** What an operator said against a key is not softened by less. */
const WEIGHT: Readonly<Record<KeyState, number>> = {
  trusted: 0,
  pending: 1,
  retired: 2,
  ignored: 3,
  revoked: 4,
};

function bar(tables: TrustTables, { at, actor, details }: TakeAwayChange, pin: KeyPin, wanted: Barred): void {
  const key = tables.key(pin);
  if (key === undefined) return;
  const isUndecided = key.state === "pending" && !isSetAside(key);
  // Who was never trusted here has no trust to be given up: operators are asked before that comes again.
  const state = isUndecided && wanted !== "revoked" ? "ignored" : wanted;
  if (!isUndecided && WEIGHT[state] <= WEIGHT[key.state]) return;
  putKey(tables, {
    ...key,
    state,
    newName: null,
    newKey: null,
    expires: null,
    staleSeen: false,
    ...(state !== "pending" && { conflictsWith: null }),
  });
  tables.appendEvent({
    type: state === "pending" ? "set-aside" : state,
    at,
    actor,
    pin,
    peer: key.peer ?? key.claimedName,
    before: key.state,
    after: state,
    details: { ...(key.peer === null && { boundName: null }), ...formerNewName(key), ...details },
  });
}

function shorten(
  tables: TrustTables,
  { at, actor, details }: TakeAwayChange,
  pin: KeyPin,
  expires: number,
): void {
  const key = tables.key(pin);
  if (key?.state !== "trusted" || (key.expires !== null && key.expires <= expires)) return;
  putKey(tables, { ...key, expires, staleSeen: false } satisfies KeyRecord);
  tables.appendEvent({
    type: "approved",
    at,
    actor,
    pin,
    peer: key.peer,
    before: "trusted",
    after: "trusted",
    details: { expires: new Date(expires).toISOString(), ...details },
  });
}

/** What it endorsed is void from now on, whether it is there or not. */
function forget(
  tables: TrustTables,
  change: TakeAwayChange,
  { pin, peer }: Extract<Taking, { what: "forgotten" }>,
): void {
  const { at, actor, details } = change;
  const key = tables.key(pin);
  if (key !== undefined) dropKeys(tables, [key]);
  tables.putTombstone(pin, at);
  tables.appendEvent({
    type: "forgotten",
    at,
    actor,
    pin,
    peer: key === undefined ? peer : (key.peer ?? key.claimedName),
    before: key?.state ?? null,
    after: null,
    details,
  });
  if (key !== undefined) leaveGroups(tables, change, boundName(key), pin);
}
