import type { TrustTables } from "../records/trust-tables.ts";
import type { Outcome } from "../records/change.ts";
import { meantKey } from "./meant-keys.ts";
import type { PreparedWriteNote } from "./prepared-change.ts";
import { putKey } from "./put-key.ts";

/** Writes down what operators want to know of a key; nothing else follows from it. */
export function applyWriteNote(tables: TrustTables, change: PreparedWriteNote): Outcome {
  const { at, actor, note } = change;
  const key = meantKey(tables, change, "note");
  if (key.note === note) return { kind: "changed", keys: [key] };
  const noted = putKey(tables, { ...key, note });
  tables.appendEvent({
    type: "noted",
    at,
    actor,
    pin: key.pin,
    peer: key.peer ?? key.claimedName,
    before: key.state,
    after: key.state,
    details: { note },
  });
  return { kind: "changed", keys: [noted] };
}
