import { HandclaspError } from "../../errors.ts";
import type { KeyPin, KeyRecord } from "../key-record.ts";
import type { TrustTables } from "../trust-tables.ts";

/** The key, or ERR_HANDCLASP_NOT_FOUND: it may have gone since the operator looked. */
export function mustKnow(tables: TrustTables, pin: KeyPin): KeyRecord {
  const key = tables.key(pin);
  if (key !== undefined) return key;
  throw new HandclaspError("ERR_HANDCLASP_NOT_FOUND", `no key ${pin} in the store`, {
    hint: "handclasp trust list shows the keys there are",
  });
}
