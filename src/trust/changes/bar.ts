import type { KeyRecord } from "../key-record.ts";
import { parseKeyReference } from "../key-reference.ts";
import { resolveKeys } from "../resolve-keys.ts";
import type { TrustTables } from "../trust-tables.ts";
import type { BarChange, Outcome } from "./change.ts";
import { putKey } from "./put-key.ts";

/** Revokes or ignores keys. Their names stay bound until `forget`; a stranger's claim is no name, and stays free. */
export function applyBar(tables: TrustTables, change: BarChange): Outcome {
  const state = change.type === "revoke" ? "revoked" : "ignored";
  const known = resolveKeys(tables, parseKeyReference(change.key), change.type);
  const keys = known.map((key): KeyRecord => {
    if (key.state === state) return key;
    const barred = putKey(tables, {
      ...key,
      state,
      newName: null,
      conflictsWith: null,
      expires: null,
      staleSeen: false,
    });
    tables.appendEvent({
      type: state,
      at: change.at,
      actor: change.actor,
      pin: key.pin,
      peer: barred.peer ?? key.claimedName,
      before: key.state,
      after: state,
      details: key.peer === null ? { boundName: null } : {},
    });
    return barred;
  });
  return { kind: "changed", keys };
}
