import { hash as digestOf } from "node:crypto";
import { apiTokenState } from "../../trust/records/api-token-record.ts";
import type { BackedUpKey, RestoreChange, RestoredMember } from "../../trust/records/change.ts";
import { isBarred, putBack, waitingAgain } from "../../trust/judging/put-back.ts";
import type { KeyPin, KeyRecord, KeyState } from "../../trust/records/key-record.ts";
import { isSetAside } from "../../trust/judging/is-set-aside.ts";
import type { TrustEventType } from "../../trust/records/events.ts";
import { nameKey } from "../../trust/naming/peer-name.ts";
import { everyItem } from "../../trust/port/page.ts";
import type { TrustStore } from "../../trust/port/trust-store.ts";
import { OPERATOR_GROUPS } from "../../trust/records/scope.ts";
import { tokenState } from "../../trust/records/token-record.ts";

/** What a restore does to something, or why it does not. */
export interface RestoreStep {
  /**
   * `trusted`, `waiting` and `barred` say what a key becomes, `changed` that it is trusted under another name, claim or
   * end, `kept` that it stays barred although the backup trusts it.
   */
  readonly what: "trusted" | "waiting" | "barred" | "changed" | "kept" | "group" | "token";
  /** Of a key. */
  readonly pin: KeyPin | null;
  /** The peer's name as it will be, or a token's. */
  readonly name: string | null;
  /** A key's state, `in` or `out` of a group, or `open`; null for a key that is not there. */
  readonly before: KeyState | "in" | "out" | "open" | null;
  readonly after: KeyState | "in" | "out" | "cancelled";
  /** The group that a peer comes into or leaves; else what is cancelled. */
  readonly of: string | null;
}

/** One thing to restore, and how it is said in a change. */
export interface RestoreItem {
  readonly step: RestoreStep;
  /** Null for what is only said. */
  readonly part: Partial<RestoreParts> | null;
}

/** The lists of a change. */
export type RestoreParts = Pick<
  RestoreChange,
  "taken" | "keys" | "left" | "entered" | "tokens" | "apiTokens"
>;

export interface RestoreSpan {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** The last event that both have. */
  readonly since: number;
  /** The last event before it began: who comes while it goes on comes after it. */
  readonly until: number;
}

/**
 * What leads a store to what a backup says: what takes trust away first, then what gives it, then groups. The more there
 * is, the longer it takes; no more than a page is held of either.
 */
export async function* planRestore(
  store: TrustStore,
  backup: TrustStore,
  { now, since, until }: RestoreSpan,
): AsyncGenerator<RestoreItem, undefined> {
  const heirs = await heirsOf(store, backup, since);
  yield* invitations(store, backup, now);
  yield* takings(store, backup, heirs, { now, until });
  yield* puttings(store, backup, { now, since });
  yield* heirsToName(store, backup, heirs, now);
  yield* members(store, backup, { heirs, since });
}

/** Keys that took the place of one that the backup trusts, by its own endorsement, with what they inherit. */
async function heirsOf(
  store: TrustStore,
  backup: TrustStore,
  since: number,
): Promise<ReadonlyMap<KeyPin, KeyRecord>> {
  const heirs = new Map<KeyPin, KeyRecord>();
  const all = everyItem((page) => store.listEvents({ type: "rotated", ...page }), {
    limit: 1000,
    after: String(since),
  });
  for await (const { json } of all) {
    const { pin, details } = JSON.parse(json) as { pin: KeyPin; details: { endorsedBy?: KeyPin } };
    const { endorsedBy } = details;
    if (endorsedBy === undefined || store.key(endorsedBy)?.state !== "retired") continue;
    const former = heirs.get(endorsedBy) ?? backup.key(endorsedBy);
    if (former?.state === "trusted") heirs.set(pin, former);
  }
  return heirs;
}

async function* invitations(
  store: TrustStore,
  backup: TrustStore,
  now: number,
): AsyncGenerator<RestoreItem, undefined> {
  for await (const token of everyItem((page) => store.listTokens(page))) {
    const former = backup.token(token.id);
    const isKnown = former !== undefined && tokenState(former, now) === "open";
    if (isKnown || tokenState(token, now) !== "open") continue;
    yield { step: cancelled("join token", token.peer), part: { tokens: [token.id] } };
  }
  for await (const { id, hash, name, ...token } of everyItem((page) => store.listApiTokens(page))) {
    const former = backup.apiToken(hash);
    const isKnown = former !== undefined && apiTokenState(former, now) === "open";
    if (isKnown || apiTokenState({ id, hash, name, ...token }, now) !== "open") continue;
    yield { step: cancelled("API token", name), part: { apiTokens: [id] } };
  }
}

function cancelled(of: string, name: string): RestoreStep {
  return { what: "token", pin: null, name, before: "open", after: "cancelled", of };
}

/** Trusted keys that the backup does not trust. */
async function* takings(
  store: TrustStore,
  backup: TrustStore,
  heirs: ReadonlyMap<KeyPin, KeyRecord>,
  { now, until }: Pick<RestoreSpan, "now" | "until">,
): AsyncGenerator<RestoreItem, undefined> {
  for await (const key of everyItem((page) => store.listKeys({ state: "trusted", ...page }))) {
    const former = backup.key(key.pin);
    if (former?.state === "trusted" || (former === undefined && heirs.has(key.pin))) continue;
    if (await isDecidedAfter(store, key.pin, until)) continue;
    if (former === undefined) {
      yield { step: stepOf(key, waitingAgain(key)), part: { taken: [key.pin] } };
      continue;
    }
    const item = itemFor({ ...former, certificate: null }, key, now);
    if (item !== undefined) yield item;
  }
}

async function isDecidedAfter(store: TrustStore, pin: KeyPin, until: number): Promise<boolean> {
  const { items } = await store.listEvents({ about: [pin], newestFirst: true, limit: 1 });
  return (items[0]?.sequence ?? 0) > until;
}

/** Keys as the backup has them; strangers that waited come by themselves. */
async function* puttings(
  store: TrustStore,
  backup: TrustStore,
  { now, since }: Pick<RestoreSpan, "now" | "since">,
): AsyncGenerator<RestoreItem, undefined> {
  for await (const { lastSeen: _, ...former } of everyItem((page) => backup.listKeys(page))) {
    if (former.state === "pending" && !isSetAside(former)) continue;
    const key = store.key(former.pin);
    if (key?.state === "trusted" && former.state !== "trusted") continue;
    if (former.state === "trusted" && key !== undefined && isBarred(key)) yield kept(key);
    const state = key === undefined ? await lastState(store, former, since) : former.state;
    const certificate = await certificateFor(backup, former, key);
    const item = itemFor({ ...former, state, certificate }, key, now);
    if (item !== undefined) yield item;
  }
}

/** What a key that was forgotten since was before: barred, it is barred again. */
async function lastState(
  store: TrustStore,
  { pin, state: former }: KeyRecord,
  since: number,
): Promise<KeyState> {
  let state = former;
  const all = everyItem((page) => store.listEvents({ about: [pin], ...page }), {
    limit: 1000,
    after: String(since),
  });
  for await (const { json } of all) {
    const { type } = JSON.parse(json) as { type: TrustEventType };
    if (type === "revoked" || type === "ignored" || type === "retired") state = type;
    else if (type === "approved") state = former;
  }
  return state;
}

async function certificateFor(
  backup: TrustStore,
  { pin, fingerprint }: KeyRecord,
  now: KeyRecord | undefined,
): Promise<BackedUpKey["certificate"]> {
  if (now !== undefined) return null;
  const all = await backup.listCertificates(pin);
  const found = all.find((one) => one.fingerprint === fingerprint);
  if (found === undefined) return null;
  const { der, addedAt } = found;
  return digestOf("sha256", der) === fingerprint ? { fingerprint, der, addedAt } : null;
}

/** Whoever was renamed since, and has another key by now, is called again as in the backup. */
async function* heirsToName(
  store: TrustStore,
  backup: TrustStore,
  heirs: ReadonlyMap<KeyPin, KeyRecord>,
  now: number,
): AsyncGenerator<RestoreItem, undefined> {
  for (const [pin, { peer, nameKey: fold, expires }] of heirs) {
    const key = store.key(pin);
    if (key === undefined || !inherits(store, backup, pin)) continue;
    const item = itemFor({ ...key, peer, nameKey: fold, expires, certificate: null }, key, now);
    if (item !== undefined) yield item;
  }
}

function inherits(store: TrustStore, backup: TrustStore, heir: KeyPin): boolean {
  return store.key(heir)?.state === "trusted" && backup.key(heir) === undefined;
}

function itemFor(backup: BackedUpKey, now: KeyRecord | undefined, at: number): RestoreItem | undefined {
  const key = putBack(backup, now, at);
  return key === null ? undefined : { step: stepOf(now, key), part: { keys: [bare(backup)] } };
}

/** No more of it than changes carry. */
function bare({ certificate, ...key }: BackedUpKey & Partial<KeyRecord>): BackedUpKey {
  const { version: _version, conflictsWith: _conflict, ...rest } = key;
  return { ...rest, certificate };
}

function stepOf(
  now: KeyRecord | undefined,
  after: Pick<KeyRecord, "pin" | "peer" | "claimedName" | "state">,
): RestoreStep {
  const { pin, peer, claimedName, state } = after;
  const before = now?.state ?? null;
  const isSame = before === state;
  const became = state === "pending" ? "waiting" : state === "trusted" ? "trusted" : "barred";
  return {
    what: isSame ? "changed" : became,
    pin,
    name: peer ?? claimedName,
    before,
    after: state,
    of: null,
  };
}

function kept({ pin, peer, state }: KeyRecord): RestoreItem {
  return { step: { what: "kept", pin, name: peer, before: state, after: state, of: null }, part: null };
}

async function* members(
  store: TrustStore,
  backup: TrustStore,
  { heirs, since }: { readonly heirs: ReadonlyMap<KeyPin, KeyRecord>; readonly since: number },
): AsyncGenerator<RestoreItem, undefined> {
  const inherited = new Set(
    [...heirs].filter(([pin]) => inherits(store, backup, pin)).map(([, { nameKey: fold }]) => fold),
  );
  for await (const one of everyItem((page) => store.listMembers(page))) {
    const member = memberOf(one);
    if (backup.isMember(member.groupKey, member.nameKey)) continue;
    yield { step: moved(member, "in", "out"), part: { left: [member] } };
  }
  for await (const one of everyItem((page) => backup.listMembers(page))) {
    const member = memberOf(one);
    if (OPERATOR_GROUPS.has(member.groupKey) || store.isMember(member.groupKey, member.nameKey)) continue;
    const isSpokenFor =
      inherited.has(member.nameKey) || (await comesBack(store, backup, { fold: member.nameKey, since }));
    if (!isSpokenFor) continue;
    yield { step: moved(member, "out", "in"), part: { entered: [member] } };
  }
}

/** Whether a key that the backup trusts under a name is trusted once all is done. */
async function comesBack(
  store: TrustStore,
  backup: TrustStore,
  { fold, since }: { readonly fold: string; readonly since: number },
): Promise<boolean> {
  for (const former of backup.keysOfName(fold)) {
    if (former.state !== "trusted") continue;
    const key = store.key(former.pin);
    if (key !== undefined && !isBarred(key)) return true;
    if (key !== undefined || (await certificateFor(backup, former, key)) === null) continue;
    if ((await lastState(store, former, since)) === "trusted") return true;
  }
  return false;
}

function memberOf({ group, peer }: { readonly group: string; readonly peer: string }): RestoredMember {
  return { group, groupKey: nameKey(group), peer, nameKey: nameKey(peer) };
}

function moved({ peer, group }: RestoredMember, before: "in" | "out", after: "in" | "out"): RestoreStep {
  return { what: "group", pin: null, name: peer, before, after, of: group };
}
