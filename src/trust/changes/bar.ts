import { toKeyId } from "../key-id.ts";
import type { KeyRecord } from "../key-record.ts";
import { nameKey } from "../peer-name.ts";
import { resolveKey } from "../resolve-key.ts";
import type { TrustTables } from "../trust-tables.ts";
import type { BarChange, Outcome } from "./change.ts";

/** Revokes or ignores keys. Their names stay bound until `forget`. */
export function applyBar(tables: TrustTables, change: BarChange): Outcome {
  const state = change.type === "revoke" ? "revoked" : "ignored";
  const known = resolveKey(tables, change.key, change.type);
  const keys = known.map((key): KeyRecord => {
    if (key.state === state) return key;
    const barred: KeyRecord = {
      ...key,
      state,
      peer: boundName(tables, key),
      newName: null,
      conflictsWith: null,
      expires: null,
      staleSeen: false,
    };
    tables.putKey(barred);
    tables.appendEvent({
      type: state,
      at: change.at,
      actor: change.actor,
      pin: key.pin,
      peer: barred.peer ?? key.claimedName,
      before: key.state,
      after: state,
      details: key.peer === null ? { boundName: barred.peer } : {},
    });
    return barred;
  });
  return { kind: "changed", keys };
}

/** A pending key takes the name it claims only if that is free: an impostor's stays unbound. */
function boundName(tables: TrustTables, key: KeyRecord): string | null {
  if (key.peer !== null) return key.peer;
  const name = key.claimedName ?? toKeyId(key.pin);
  return tables.keysOfName(nameKey(name)).length === 0 ? name : null;
}
