import type { TrustTables } from "../records/trust-tables.ts";
import type { Outcome } from "../records/change.ts";
import type { PreparedForget } from "./prepared-change.ts";
import { boundName } from "../naming/folded-name.ts";
import { leaveGroups } from "./group.ts";
import { meantKeys } from "./meant-keys.ts";
import { dropKeys } from "./put-key.ts";

/** Forgets keys: their names are free again, a tombstone stays. */
export function applyForget(tables: TrustTables, change: PreparedForget): Outcome {
  const keys = meantKeys(tables, change, "forget");
  dropKeys(tables, keys);
  for (const key of keys) {
    tables.putTombstone(key.pin, change.at);
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
    leaveGroups(tables, change, boundName(key), key.pin);
  }
  return { kind: "changed", keys };
}
