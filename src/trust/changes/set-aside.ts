import { HandclaspError } from "../../errors.ts";
import { isSetAside } from "../judging/is-set-aside.ts";
import type { KeyRecord } from "../records/key-record.ts";
import type { TrustTables } from "../records/trust-tables.ts";
import type { Outcome } from "../records/change.ts";
import type { PreparedSetAside } from "./prepared-change.ts";
import { formerNewName } from "./names-in-events.ts";
import { meantKeys } from "./meant-keys.ts";
import { putKeys } from "./put-key.ts";

/** Takes the trust from keys until an operator approves them again. Their names and groups are kept for them. */
export function applySetAside(tables: TrustTables, change: PreparedSetAside): Outcome {
  const known = meantKeys(tables, change, "set-aside");
  const other = known.find((key) => key.state !== "trusted" && !isSetAside(key));
  if (other !== undefined) throw untrusted(other);
  const keys = putKeys(
    tables,
    known.map((key): KeyRecord => {
      if (isSetAside(key)) return key;
      return { ...key, state: "pending", newName: null, newKey: null, expires: null, staleSeen: false };
    }),
  );
  for (const key of known) if (!isSetAside(key)) appendSetAside(tables, change, key);
  return { kind: "changed", keys };
}

function appendSetAside(tables: TrustTables, { at, actor }: PreparedSetAside, key: KeyRecord): void {
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
