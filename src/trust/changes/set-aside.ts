import { HandclaspError } from "../../errors.ts";
import { isSetAside } from "../is-set-aside.ts";
import type { KeyRecord } from "../key-record.ts";
import type { TrustTables } from "../trust-tables.ts";
import type { Outcome } from "./change.ts";
import type { PreparedSetAside } from "./prepared-change.ts";
import { formerNewName } from "./names-in-events.ts";
import { meantKeys } from "./meant-keys.ts";
import { putKey } from "./put-key.ts";

/** Takes the trust from keys until an operator approves them again. Their names and groups are kept for them. */
export function applySetAside(tables: TrustTables, change: PreparedSetAside): Outcome {
  const known = meantKeys(tables, change, "set-aside");
  const other = known.find((key) => key.state !== "trusted" && !isSetAside(key));
  if (other !== undefined) throw untrusted(other);
  return { kind: "changed", keys: known.map((key) => setAside(tables, change, key)) };
}

function setAside(tables: TrustTables, { at, actor }: PreparedSetAside, key: KeyRecord): KeyRecord {
  if (isSetAside(key)) return key;
  const waiting = putKey(tables, {
    ...key,
    state: "pending",
    newName: null,
    newKey: null,
    expires: null,
    staleSeen: false,
  });
  tables.appendEvent({
    type: "set-aside",
    at,
    actor,
    pin: key.pin,
    peer: key.peer,
    before: "trusted",
    after: "pending",
    details: formerNewName(key),
  });
  return waiting;
}

function untrusted({ pin, state }: KeyRecord): HandclaspError {
  return new HandclaspError(
    "ERR_HANDCLASP_STATE",
    `this key is ${state}: only a trusted one can be set aside`,
    {
      details: { pin, state },
    },
  );
}
