import type { TrustEventType } from "../records/events.ts";
import type { KeyRecord, KeySource } from "../records/key-record.ts";
import type { TrustTables } from "../records/trust-tables.ts";
import type { ChangeOrigin } from "../records/change.ts";
import type { FoldedName } from "../naming/folded-name.ts";
import type { PreparedCertificate } from "./prepared-change.ts";
import { putKey } from "./put-key.ts";

/** A key that a server met and now trusts. */
export interface AdmittedKey {
  readonly event: TrustEventType;
  readonly certificate: PreparedCertificate;
  readonly peer: FoldedName;
  readonly source: KeySource;
  readonly expires: number | null;
  readonly details: Readonly<Record<string, string | null>>;
}

/** Writes a key that is trusted from its first use on, with its certificate and its event. */
export function admitKey(tables: TrustTables, { at, actor }: ChangeOrigin, admitted: AdmittedKey): KeyRecord {
  const { event, certificate, peer, source, expires, details } = admitted;
  const known = tables.key(certificate.pin);
  const key = putKey(
    tables,
    {
      pin: certificate.pin,
      state: "trusted",
      peer: peer.name,
      nameKey: peer.nameKey,
      claimedName: certificate.claimedName,
      claimedKey: certificate.claimedKey,
      newName: null,
      newKey: null,
      source,
      fingerprint: certificate.fingerprint,
      // By this a peer's rotations are counted: how long the key was pending before does not matter.
      firstSeen: source === "rotation" ? at : (known?.firstSeen ?? at),
      firstAddress: known === undefined ? actor.address : known.firstAddress,
      expires,
      conflictsWith: null,
      staleSeen: false,
      endorsesFrom: tables.tombstone(certificate.pin) ?? 0,
      note: known?.note ?? null,
    },
    at,
  );
  tables.putCertificate({ ...certificate, addedAt: at });
  tables.appendEvent({
    type: event,
    at,
    actor,
    pin: key.pin,
    peer: peer.name,
    before: known?.state ?? null,
    after: "trusted",
    details: { fingerprint: certificate.fingerprint, ...details },
  });
  return key;
}
