import type { KeyRecord } from "../records/key-record.ts";
import type { TrustTables } from "../records/trust-tables.ts";
import type { Outcome } from "../records/change.ts";
import type { PreparedBar } from "./prepared-change.ts";
import { meantKeys } from "./meant-keys.ts";
import { formerNewName } from "./names-in-events.ts";
import { putKeys } from "./put-key.ts";

/** Revokes or ignores keys. Their names stay bound until `forget`; a stranger's claim is no name, and stays free. */
export function applyBar(tables: TrustTables, change: PreparedBar): Outcome {
  const state = change.type === "revoke" ? "revoked" : "ignored";
  const known = meantKeys(tables, change, change.type);
  const keys = putKeys(
    tables,
    known.map((key): KeyRecord => {
      if (key.state === state) return key;
      const ended = { newName: null, newKey: null, conflictsWith: null, expires: null, staleSeen: false };
      return { ...key, ...ended, state };
    }),
  );
  for (const key of known) {
    if (key.state === state) continue;
    tables.appendEvent({
      type: state,
      at: change.at,
      actor: change.actor,
      pin: key.pin,
      peer: key.peer ?? key.claimedName,
      before: key.state,
      after: state,
      details: { ...(key.peer === null && { boundName: null }), ...formerNewName(key) },
    });
  }
  return { kind: "changed", keys };
}
