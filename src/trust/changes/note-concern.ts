import type { KeyPin } from "../records/key-record.ts";
import type { TrustTables } from "../records/trust-tables.ts";
import type { NoteConcernChange, Outcome } from "../records/change.ts";

const NOTHING: Outcome = { kind: "changed", keys: [] };

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
