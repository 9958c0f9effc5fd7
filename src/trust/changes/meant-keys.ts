import type { KeyReference } from "../naming/key-reference.ts";
import type { KeyRecord } from "../records/key-record.ts";
import { type KeyVerb, resolveKeys } from "../naming/resolve-keys.ts";
import type { TrustTables } from "../records/trust-tables.ts";
import type { KeyChange } from "../records/change.ts";
import { mustBeAsSeen } from "./must-be-as-seen.ts";

type ReferringChange = Pick<KeyChange, "seen"> & { readonly key: KeyReference };

/** The keys that a change is about, as they were looked at. */
export function meantKeys(tables: TrustTables, change: ReferringChange, verb: KeyVerb): readonly KeyRecord[] {
  const keys = resolveKeys(tables, change.key, verb);
  mustBeAsSeen(keys, change.seen);
  return keys;
}

/** One key: what is said of it is about its peer, or about that key only. */
export function meantKey(
  tables: TrustTables,
  change: ReferringChange,
  verb: "approve" | "rename" | "group" | "note",
): KeyRecord {
  const [key] = meantKeys(tables, change, verb);
  if (key === undefined) throw new Error("what answers to nothing was refused");
  return key;
}
