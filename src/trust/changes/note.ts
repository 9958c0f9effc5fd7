import type { KeyPin } from "../records/key-record.ts";
import type { TrustTables } from "../records/trust-tables.ts";
import type { NoteConcernChange, NoteStaleChange, Outcome } from "../records/change.ts";
import type { PreparedNoteName, PreparedRenew } from "./prepared-change.ts";
import { putKey } from "./put-key.ts";

const NOTHING: Outcome = { kind: "changed", keys: [] };

/** Records a new certificate of a trusted key. */
export function applyRenew(tables: TrustTables, change: PreparedRenew): Outcome {
  const key = tables.key(change.certificate.pin);
  if (key === undefined || key.state !== "trusted") return NOTHING;
  const renewed = putKey(tables, { ...key, fingerprint: change.certificate.fingerprint });
  tables.putCertificate({ ...change.certificate, addedAt: change.at });
  return { kind: "changed", keys: [renewed] };
}

/** Records that a trusted key claims another name. The first one stands until it is reviewed. */
export function applyNoteName(tables: TrustTables, change: PreparedNoteName): Outcome {
  const key = tables.key(change.certificate.pin);
  if (key === undefined || key.state !== "trusted" || key.newName !== null) return NOTHING;
  const { claimedName, claimedKey } = change.certificate;
  const noted = putKey(tables, { ...key, newName: claimedName, newKey: claimedKey });
  tables.putCertificate({ ...change.certificate, addedAt: change.at });
  return { kind: "changed", keys: [noted] };
}

/** Records that a revoked or retired key showed up: it may have been stolen. Once per key and state. */
export function applyNoteStale(tables: TrustTables, change: NoteStaleChange): Outcome {
  const key = tables.key(change.pin);
  if (key === undefined || key.staleSeen || (key.state !== "revoked" && key.state !== "retired"))
    return NOTHING;
  const noted = putKey(tables, { ...key, staleSeen: true });
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

/**
 * Records, once, that a token of ours was refused, or that a key of ours endorsed another one in vain. What strangers
 * make up leaves no trace here: it would be theirs to fill the chain.
 */
export function applyNoteConcern(tables: TrustTables, change: NoteConcernChange): Outcome {
  const { concern, at, actor, pin } = change;
  const { about, problem } = concern;
  const token = tables.token(about);
  const endorser = about as KeyPin;
  const key = token === undefined ? tables.key(endorser) : undefined;
  if (token === undefined && key === undefined && tables.tombstone(endorser) === undefined) return NOTHING;
  if (!tables.noteOnce(problem, about)) return NOTHING;
  tables.appendEvent({
    type: token === undefined ? "endorsement-refused" : "token-refused",
    at,
    actor,
    pin,
    peer: token?.peer ?? key?.peer ?? null,
    before: null,
    after: null,
    details: { problem, ...(token === undefined ? { endorsedBy: about } : { token: about }) },
  });
  return NOTHING;
}
