import type { KeyPin, KeyRecord } from "../records/key-record.ts";
import type { TrustTables } from "../records/trust-tables.ts";
import type { ChangeOrigin } from "../records/change.ts";
import { formerNewName } from "./names-in-events.ts";
import { putKey } from "./put-key.ts";

/** Ends the trust in a key that another one replaces. */
export function retire(
  tables: TrustTables,
  { at, actor }: ChangeOrigin,
  old: KeyRecord,
  replacedBy: KeyPin,
): KeyRecord {
  const retired = putKey(tables, {
    ...old,
    state: "retired",
    newName: null,
    newKey: null,
    expires: null,
    staleSeen: false,
  });
  tables.appendEvent({
    type: "retired",
    at,
    actor,
    pin: old.pin,
    peer: old.peer,
    before: old.state,
    after: "retired",
    details: { replacedBy, ...formerNewName(old) },
  });
  return retired;
}
