import type { TrustTables } from "../trust-tables.ts";
import type { ForgetChange, Outcome } from "./change.ts";
import { leaveGroups } from "./group.ts";
import { mustKnow } from "./must-know.ts";
import { settleConflicts } from "./settle-conflicts.ts";

/** Forgets keys: their names are free again, a tombstone stays. */
export function applyForget(tables: TrustTables, change: ForgetChange): Outcome {
  const keys = change.pins.map((pin) => mustKnow(tables, pin));
  for (const key of keys) {
    tables.deleteKey(key.pin);
    tables.putTombstone(key.pin, change.at);
    settleConflicts(tables, key.pin);
    tables.appendEvent({
      type: "forgotten",
      at: change.at,
      actor: change.actor,
      pin: key.pin,
      peer: key.peer ?? key.claimedName,
      before: key.state,
      after: null,
      details: {},
    });
    leaveGroups(tables, change, key.peer);
  }
  return { kind: "changed", keys };
}
