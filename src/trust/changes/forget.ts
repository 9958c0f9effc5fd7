import { HandclaspError } from "../../errors.ts";
import type { KeyPin, KeyRecord } from "../key-record.ts";
import { resolveKeys } from "../resolve-keys.ts";
import type { TrustTables } from "../trust-tables.ts";
import type { Outcome } from "./change.ts";
import type { PreparedForget } from "./prepared-change.ts";
import { boundName } from "./folded-name.ts";
import { leaveGroups } from "./group.ts";
import { dropKey } from "./put-key.ts";

/** Forgets keys: their names are free again, a tombstone stays. */
export function applyForget(tables: TrustTables, change: PreparedForget): Outcome {
  const keys = resolveKeys(tables, change.key, "forget");
  if (change.seen !== undefined && !isSame(change.seen, keys)) {
    throw new HandclaspError("ERR_HANDCLASP_STATE", `"${change.key.text}" has other keys than a moment ago`, {
      hint: "look at them again",
      remedies: [{ act: "show-key", at: "server" }],
    });
  }
  for (const key of keys) {
    dropKey(tables, key);
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
    leaveGroups(tables, change, boundName(key));
  }
  return { kind: "changed", keys };
}

function isSame(seen: readonly KeyPin[], keys: readonly KeyRecord[]): boolean {
  return seen.length === keys.length && keys.every(({ pin }) => seen.includes(pin));
}
