import { isSetAside } from "../judging/is-set-aside.ts";
import { isLapsed } from "../judging/judge.ts";
import type { KeyRecord } from "../records/key-record.ts";
import type { Actor } from "../records/events.ts";
import type { TrustTables } from "../records/trust-tables.ts";
import { admitKey } from "./admit-key.ts";
import type { Outcome } from "../records/change.ts";
import type { FoldedName } from "../naming/folded-name.ts";
import type { PreparedCertificate, PreparedClaim, PreparedHold } from "./prepared-change.ts";
import { letsIn } from "../records/first-use-window.ts";
import { countIn } from "./open-first-use.ts";
import { holderOf } from "../naming/holder-of.ts";
import { putKey } from "./put-key.ts";

/** First use: the name goes to the key if nobody else holds it, else the key waits as a conflict. */
export function applyClaim(tables: TrustTables, change: PreparedClaim): Outcome {
  const { certificate, peer } = change;
  const known = tables.key(certificate.pin);
  if (known !== undefined && isDecided(known)) return settleKnown(known);
  const holder = holderOf(tables, peer.nameKey);
  if (holder !== undefined) {
    hold(tables, change, holder);
    return { kind: "lost", reason: "key-changed", conflictsWith: holder.pin };
  }
  const window = change.whileOpen === undefined ? null : tables.firstUseWindow();
  if (change.whileOpen !== undefined && !letsIn(window, change.actor.address, change.at)) {
    if (change.whileOpen === "ask") hold(tables, change, undefined);
    return {
      kind: "lost",
      reason: change.whileOpen === "ask" ? "pending" : "unknown",
      conflictsWith: null,
    };
  }
  const key = admitKey(tables, change, {
    event: "met",
    certificate,
    peer,
    source: change.source,
    expires: null,
    details: {
      source: change.source,
      ...(change.endorsedBy !== undefined && { endorsedBy: change.endorsedBy }),
      ...(window !== null && { window: String(window.event) }),
    },
  });
  if (window !== null) countIn(tables, change, window);
  return { kind: "changed", keys: [key] };
}

/** Whether an operator or a server has decided about a key: what it comes with next changes nothing. */
export function isDecided(known: KeyRecord): boolean {
  return known.state !== "pending" || isSetAside(known);
}

/** Two connections of one new client claim together: the second finds the key trusted already. */
export function settleKnown(known: KeyRecord): Outcome {
  if (known.state === "trusted") return { kind: "changed", keys: [known] };
  return { kind: "lost", reason: known.state, conflictsWith: null };
}

/** Keeps an unknown key as pending, making room by dropping the oldest. A known key stays as it is. */
export function applyHold(tables: TrustTables, change: PreparedHold): Outcome {
  const known = tables.key(change.certificate.pin);
  if (known !== undefined && isDecided(known)) return { kind: "changed", keys: [known] };
  const holder = change.conflictsWith === null ? undefined : tables.key(change.conflictsWith);
  return { kind: "changed", keys: [hold(tables, change, holder)] };
}

/** What a stranger may fill the disk with. */
const PENDING_CERTIFICATES = 1;

interface Held {
  readonly at: number;
  readonly actor: Actor;
  /** The name that it would be bound to. */
  readonly peer: FoldedName | null;
  readonly certificate: PreparedCertificate;
  readonly pendingExpires: number;
  readonly maxPending: number;
}

/** Keeps a key for review. */
export function hold(tables: TrustTables, held: Held, holder: KeyRecord | undefined): KeyRecord {
  const { certificate, at } = held;
  const known = tables.key(certificate.pin);
  const fresh = known === undefined || isLapsed(known, at);
  const waiting = held.peer?.name === certificate.claimedName ? null : held.peer;
  const newName = waiting?.name ?? null;
  // What is looked at for review stays what it is: another name does not slip in under an approval.
  if (!fresh && (known.claimedName !== certificate.claimedName || known.newName !== newName)) return known;
  if (fresh) tables.makeRoomForPending(held.maxPending, at);
  const key = putKey(
    tables,
    {
      pin: certificate.pin,
      state: "pending",
      peer: null,
      nameKey: null,
      claimedName: certificate.claimedName,
      claimedKey: certificate.claimedKey,
      newName,
      newKey: waiting?.nameKey ?? null,
      source: "first-use",
      fingerprint: certificate.fingerprint,
      firstSeen: known?.firstSeen ?? at,
      firstAddress: known === undefined ? held.actor.address : known.firstAddress,
      expires: fresh ? held.pendingExpires : known.expires,
      conflictsWith: holder?.pin ?? null,
      staleSeen: false,
      endorsesFrom: 0,
      note: known?.note ?? null,
    },
    at,
  );
  tables.putCertificate({ ...certificate, addedAt: at }, PENDING_CERTIFICATES);
  return key;
}
