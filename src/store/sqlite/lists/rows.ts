import type { CertificateRecord, KeyPin, KeyRecord } from "../../../trust/records/key-record.ts";
import type { TokenRecord } from "../../../trust/records/token-record.ts";
import type { RefusalSighting } from "../../../trust/port/ledger.ts";
import type { ListedKey, ListedMember, ListedRefusal } from "../../../trust/port/roll.ts";

/** The index of pins, as SQLite calls that of a primary key: in queries where it is not left to a guess. */
export const KEYS_BY_PIN = "keys INDEXED BY sqlite_autoindex_keys_1";

/** The certificate of a key that has a fingerprint, as a record. */
export const CERTIFICATE_OF_KEY = `SELECT pin, c.fingerprint AS fingerprint, der, added_at AS "addedAt"
  FROM keys CROSS JOIN certificates AS c ON c.key = keys.number WHERE pin = ? AND c.fingerprint = ?`;

/** A row of `keys`. */
export interface KeyRow {
  pin: KeyPin;
  state: KeyRecord["state"];
  peer: string | null;
  name_key: string | null;
  claimed_name: string | null;
  claimed_key: string | null;
  new_name: string | null;
  new_key: string | null;
  source: KeyRecord["source"];
  fingerprint: string;
  first_seen: number | null;
  first_address: string | null;
  expires: number | null;
  conflicts_with: KeyPin | null;
  stale_seen: number;
  endorses_from: number;
  note: string | null;
  version: number;
}

/** A row of `keys` with its place in the order of lists, and what `seen` has of it. */
export interface ListedKeyRow extends KeyRow {
  place: number;
  /** 0 when it was never seen. */
  last_seen: number | null;
}

/** A row of `group_members`, and a spelling of its peer. */
export interface MemberRow {
  group_key: string;
  name_key: string;
  group_name: string;
  added_at: number;
  peer: string;
}

/** A row of `certificates`. */
export interface CertificateRow {
  pin: KeyPin;
  fingerprint: string;
  der: Uint8Array;
  added_at: number;
}

/** A row of `refusals`. */
export interface RefusalRow {
  pin: KeyPin | null;
  reason: RefusalSighting["reason"];
  detail: RefusalSighting["detail"];
  problem: string | null;
  fingerprint: string | null;
  peer: string | null;
  address: string | null;
  listener: string | null;
  connection: string;
  first_at: number;
  last_at: number;
  count: number;
  /** Null for this one. */
  machine: string | null;
}

/** A row of `tokens`. */
export interface TokenRow {
  id: string;
  public_key: Uint8Array;
  peer: string;
  name_key: string;
  server_pin: KeyPin;
  from_network: string | null;
  replaces: number;
  created_at: number;
  expires: number;
  used_at: number | null;
  used_by: KeyPin | null;
  cancelled_at: number | null;
  /** JSON: pairs of a name and its fold. */
  into_groups: string;
}

export function toTokenRecord(row: TokenRow): TokenRecord {
  return {
    id: row.id,
    publicKey: row.public_key,
    peer: row.peer,
    nameKey: row.name_key,
    serverPin: row.server_pin,
    from: row.from_network,
    replace: row.replaces === 1,
    groups: parseGroups(row.into_groups),
    createdAt: row.created_at,
    expires: row.expires,
    usedAt: row.used_at,
    usedBy: row.used_by,
    cancelledAt: row.cancelled_at,
  };
}

function parseGroups(json: string): TokenRecord["groups"] {
  // Nearly all tokens have none.
  if (json === "[]") return [];
  return (JSON.parse(json) as [string, string][]).map(([name, nameKey]) => ({ name, nameKey }));
}

export function toKeyRecord(row: KeyRow): KeyRecord {
  return {
    pin: row.pin,
    state: row.state,
    peer: row.peer,
    nameKey: row.name_key,
    claimedName: row.claimed_name,
    claimedKey: row.claimed_key,
    newName: row.new_name,
    newKey: row.new_key,
    source: row.source,
    fingerprint: row.fingerprint,
    firstSeen: row.first_seen,
    firstAddress: row.first_address,
    expires: row.expires,
    conflictsWith: row.conflicts_with,
    staleSeen: row.stale_seen === 1,
    endorsesFrom: row.endorses_from,
    note: row.note,
    version: row.version,
  };
}

export function toListedKey(row: ListedKeyRow): ListedKey {
  return { ...toKeyRecord(row), lastSeen: row.last_seen === 0 ? null : row.last_seen };
}

export function toListedMember({ group_name: group, peer, added_at: addedAt }: MemberRow): ListedMember {
  return { group, peer, addedAt };
}

export function toCertificateRecord(row: CertificateRow): CertificateRecord {
  return { pin: row.pin, fingerprint: row.fingerprint, der: row.der, addedAt: row.added_at };
}

/** `own` is what this machine is called, where there are several. */
export function toListedRefusal(row: RefusalRow, own: string | undefined): ListedRefusal {
  const machine = row.machine ?? own;
  return {
    pin: row.pin,
    reason: row.reason,
    detail: row.detail,
    problem: row.problem,
    fingerprint: row.fingerprint,
    peer: row.peer,
    address: row.address,
    listener: row.listener,
    connection: row.connection,
    firstAt: row.first_at,
    lastAt: row.last_at,
    count: row.count,
    ...(machine !== undefined && { machine }),
  };
}
