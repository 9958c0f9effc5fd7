import type { TrustTables } from "../trust-tables.ts";
import type { NoteNameChange, NoteStaleChange, Outcome, RenewChange } from "./change.ts";

const NOTHING: Outcome = { kind: "changed", keys: [] };

/** Records a new certificate of a trusted key. */
export function applyRenew(tables: TrustTables, change: RenewChange): Outcome {
  const key = tables.key(change.certificate.pin);
  if (key === undefined || key.state !== "trusted") return NOTHING;
  const renewed = { ...key, fingerprint: change.certificate.fingerprint };
  tables.putKey(renewed);
  tables.putCertificate({ ...change.certificate, addedAt: change.at });
  return { kind: "changed", keys: [renewed] };
}

/** Records that a trusted key claims another name. The first one stands until it is reviewed. */
export function applyNoteName(tables: TrustTables, change: NoteNameChange): Outcome {
  const key = tables.key(change.certificate.pin);
  if (key === undefined || key.state !== "trusted" || key.newName !== null) return NOTHING;
  const noted = { ...key, newName: change.certificate.claimedName };
  tables.putKey(noted);
  tables.putCertificate({ ...change.certificate, addedAt: change.at });
  return { kind: "changed", keys: [noted] };
}

/** Records that a revoked or retired key showed up: it may have been stolen. Once per key and state. */
export function applyNoteStale(tables: TrustTables, change: NoteStaleChange): Outcome {
  const key = tables.key(change.pin);
  if (key === undefined || key.staleSeen || (key.state !== "revoked" && key.state !== "retired"))
    return NOTHING;
  const noted = { ...key, staleSeen: true };
  tables.putKey(noted);
  tables.appendEvent({
    type: "stale-key-seen",
    at: change.at,
    actor: change.actor,
    pin: key.pin,
    peer: key.peer,
    before: key.state,
    after: key.state,
    details: {},
  });
  return { kind: "changed", keys: [noted] };
}
