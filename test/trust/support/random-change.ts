// Changes of every kind, drawn from small numbers, so that they meet each other.
import type {
  BackedUpKey,
  Change,
  RestoreChange,
  SeenCertificate,
} from "../../../src/trust/records/change.ts";
import { toKeyId } from "../../../src/trust/naming/key-id.ts";
import type { KeyPin } from "../../../src/trust/records/key-record.ts";
import { toSeenCertificate } from "../../../src/trust/judging/seen-certificate.ts";
import { settledFacts } from "../../support/certificates.ts";

export interface Draw {
  readonly kind: number;
  readonly key: number;
  readonly other: number;
  readonly name: number;
  readonly choice: number;
  readonly waitMs: number;
}

const NAMES = ["anna", "Anna", "ben", "carl", undefined];
const KEYS = Array.from({ length: 6 }, (_, index) => settledFacts(`${index}`, "", undefined).pin);
const TOKENS = ["00", "11", "22", "33"].map((byte) => byte.repeat(16));
const ACTOR = { user: "olga", process: "test 1", address: null, listener: null };
const CONFLICTS = ["fail", "replace", "add"] as const;

export function randomChange({ kind, key, other, name, choice }: Draw, at: number): Change {
  const pin = keyAt(key);
  const origin = { at, actor: ACTOR };
  const peer = NAMES[name] ?? null;
  const certificate: SeenCertificate = toSeenCertificate(
    settledFacts(`${key % KEYS.length}`, `${choice} ${at}`, NAMES[name]),
  );
  const pending = { pendingExpires: at + 1_000_000, maxPending: 2 };
  const onConflict = CONFLICTS[choice % 3] ?? "fail";
  const expires = choice % 2 === 0 ? null : at + 50_000_000 * choice;
  const end = choice > 8 ? {} : { expires };
  const meant = textFor(pin, peer, choice);
  const token = TOKENS[other % TOKENS.length] ?? "";
  const address = other % 3 === 0 ? null : `${other % 2 === 0 ? "192.0.2" : "198.51.100"}.${choice}`;
  const whileOpen = (): Change => ({
    type: "claim",
    at,
    actor: { ...ACTOR, user: null, address },
    ...pending,
    certificate,
    peer: peer ?? "dora",
    source: "first-use",
    whileOpen: choice % 3 === 0 ? "refuse" : "ask",
  });
  const kinds: readonly (() => Change)[] = [
    () => ({ type: "claim", ...origin, ...pending, certificate, peer: peer ?? "dora", source: "first-use" }),
    () => ({ type: "claim", ...origin, ...pending, certificate, peer: peer ?? "dora", source: "ca" }),
    () => ({ type: "hold", ...origin, ...pending, certificate, peer, conflictsWith: null }),
    () => ({ type: "join", ...origin, certificate, token }),
    () => ({
      type: "rotate",
      ...origin,
      ...pending,
      certificate,
      endorsedBy: { pin: keyAt(other), issuedAt: at },
    }),
    () => ({ type: "note-concern", ...origin, pin, concern: { about: token, problem: "token-used" } }),
    () => ({
      type: "note-concern",
      ...origin,
      pin,
      concern: {
        about: keyAt(other),
        problem: choice % 2 === 0 ? "endorsed-by-revoked" : "endorsed-by-retired",
      },
    }),
    () => ({
      type: "create-token",
      ...origin,
      token: {
        id: token,
        publicKey: new Uint8Array(32).fill(key),
        peer: peer ?? "dora",
        serverPin: keyAt(other),
        from: choice % 2 === 0 ? null : "192.0.2.0/24",
        replace: choice % 3 === 0,
        groups: choice % 4 === 0 ? [] : ["dba", "Ops", "ops"].slice(choice % 3),
        expires: at + 100_000_000,
      },
    }),
    () => ({ type: "cancel-token", ...origin, id: token }),
    () => ({ type: "add-to-group", ...origin, key: meant, group: choice % 2 === 0 ? "dba" : "Ops" }),
    () => ({ type: "add-to-group", ...origin, key: meant, group: "ops" }),
    () => ({ type: "remove-from-group", ...origin, key: meant, group: choice % 2 === 0 ? "dba" : "ops" }),
    () => ({ type: "renew", ...origin, certificate: choice % 3 === 0 ? certificate : renewed(key, choice) }),
    () => ({ type: "note-name", ...origin, certificate }),
    () => ({ type: "note-stale", ...origin, pin }),
    () => ({ type: "approve", ...origin, key: pin, peer, onConflict, ...end }),
    () => ({ type: "approve", ...origin, key: meant, peer: null, onConflict, ...end }),
    () => ({ type: "import", ...origin, certificate, peer, onConflict, ...end }),
    () => ({ type: "revoke", ...origin, key: meant }),
    () => ({ type: "ignore", ...origin, key: meant }),
    () => ({ type: "set-aside", ...origin, key: meant }),
    () => ({ type: "forget", ...origin, key: meant }),
    () => ({ type: "rename", ...origin, key: meant, peer: peer ?? "dora" }),
    () => ({ type: "write-note", ...origin, key: pin, note: choice % 3 === 0 ? null : `note ${choice}` }),
    () => ({ type: "undo", ...origin, sequence: 1 + ((choice * 4 + other) % 40) }),
    () => ({ type: "undo", ...origin, sequence: 1 + ((choice * 3 + name) % 20) }),
    () => ({ type: "open-first-use", ...origin, until: at + choice * 1000 }),
    () => ({
      type: "open-first-use",
      ...origin,
      until: at + choice * 100_000,
      max: choice % 4 === 0 ? null : 1 + (choice % 3),
      from: choice % 2 === 0 ? null : "192.0.2.0/24",
    }),
    () => whileOpen(),
    () => whileOpen(),
    () => ({
      type: "create-api-token",
      ...origin,
      token: {
        id: token,
        hash: token + token,
        name: peer ?? "dora",
        scope: choice % 2 === 0 ? "read" : "admin",
        expires: at + 100_000_000,
      },
    }),
    () => ({ type: "cancel-api-token", ...origin, id: token }),
    () => restoreOf({ kind, key, other, name, choice, waitMs: 0 }, at),
    () => restoreOf({ kind, key: other, other: key, name, choice, waitMs: 0 }, at),
  ];
  const made = kinds[kind % kinds.length];
  if (made === undefined) throw new Error("no such kind");
  return made();
}

const STATES = ["trusted", "trusted", "revoked", "ignored", "retired", "pending"] as const;

function restoreOf({ key, other, name, choice }: Draw, at: number): RestoreChange {
  const peer = NAMES[name] ?? null;
  const pin = keyAt(key);
  const { der, fingerprint } = toSeenCertificate(
    settledFacts(`${key % KEYS.length}`, `${choice} ${at}`, NAMES[name]),
  );
  const state = peer === null ? "pending" : (STATES[choice % STATES.length] ?? "trusted");
  const nameKey = peer === null ? null : peer.toLowerCase();
  const member = { group: "Ops", groupKey: "ops", peer: "anna", nameKey: "anna" };
  const claim = { claimedName: peer, claimedKey: nameKey, newName: null, newKey: null };
  const backup: BackedUpKey = {
    pin,
    state,
    peer,
    nameKey,
    ...claim,
    source: "approved",
    fingerprint,
    firstSeen: choice % 2 === 0 ? null : at - choice,
    firstAddress: null,
    expires: state === "trusted" && choice % 2 === 1 ? at + 1_000_000 * choice : null,
    staleSeen: false,
    endorsesFrom: 0,
    note: choice % 4 === 0 ? "from the backup" : null,
    certificate: choice % 3 === 0 ? null : { der, fingerprint, addedAt: at - 1000 },
  };
  const totals = { trusted: 1, waiting: 1, barred: 0, changed: 0, kept: 0, groups: 1, tokens: 2 };
  const token = TOKENS[other % TOKENS.length] ?? "";
  return {
    type: "restore",
    at,
    actor: ACTOR,
    taken: choice > 6 ? [keyAt(other)] : [],
    keys: [backup],
    left: choice % 5 === 0 ? [member] : [],
    entered: choice % 5 === 1 ? [member] : [],
    tokens: choice % 4 === 2 ? [token] : [],
    apiTokens: choice % 4 === 3 ? [token] : [],
    window: choice > 8 ? 1 + ((choice * 3 + other) % 20) : null,
    end:
      choice > 4
        ? {
            backup: { sequence: choice, hash: token + token },
            isOther: false,
            ...(choice > 6 && { aheadOf: choice }),
            totals,
          }
        : null,
  };
}

/** One of few certificates that a key is renewed by: some machine may have it. */
function renewed(key: number, choice: number): SeenCertificate {
  return toSeenCertificate(settledFacts(`${key % KEYS.length}`, `renewed ${choice % 2}`, undefined));
}

/** A peer with all its keys, or one key in one of its spellings; or by a certificate of it. */
function textFor(pin: KeyPin, peer: string | null, choice: number): string {
  if (choice % 3 === 0 && peer !== null) return peer;
  if (choice % 6 === 1) return renewed(KEYS.indexOf(pin), choice).fingerprint;
  if (choice % 6 === 2) return toKeyId(pin);
  return choice % 6 === 4 ? toKeyId(pin).slice(0, 15) : pin;
}

function keyAt(index: number): KeyPin {
  const pin = KEYS[index % KEYS.length];
  if (pin === undefined) throw new Error("no such key");
  return pin;
}
