import type { PreparedChange } from "../../trust/changes/prepared-change.ts";
import { resolveKeys } from "../../trust/naming/resolve-keys.ts";
import type { KeyLookup } from "../../trust/records/key-lookup.ts";

/**
 * A change as the log has it: which certificates of a key are kept is each machine's own, so that a key which is named by
 * the fingerprint of one is named by its pin from here on. Throws as `resolveKeys`.
 */
export function namedByPin(known: KeyLookup, change: PreparedChange): PreparedChange {
  if (!("key" in change) || change.key.kind !== "fingerprint") return change;
  const [key] = resolveKeys(known, change.key, "show");
  return { ...change, key: { kind: "pin", text: change.key.text, pin: key?.pin ?? null } };
}
