import { HandclaspError } from "../../errors.ts";
import { toKeyId } from "../key-id.ts";
import { nameKey, toPeerName } from "../peer-name.ts";
import { parseKeyReference } from "../key-reference.ts";
import { resolveOne } from "../resolve-keys.ts";
import type { TrustTables } from "../trust-tables.ts";
import type { Outcome, RenameChange } from "./change.ts";
import { keepGroups } from "./group.ts";
import { putKey } from "./put-key.ts";

/** Gives a peer another name: all its keys go with it. What its certificates claim does not matter. */
export function applyRename(tables: TrustTables, change: RenameChange): Outcome {
  const { pin, peer: former } = resolveOne(tables, parseKeyReference(change.key), "rename");
  if (former === null) {
    throw new HandclaspError("ERR_HANDCLASP_STATE", "this key has no name yet", {
      hint: "approving it gives it one",
      remedies: [{ act: "approve-key", at: "server", key: toKeyId(pin), options: { name: "NAME" } }],
    });
  }
  const name = toPeerName(change.peer);
  if (!name.ok)
    throw new HandclaspError("ERR_HANDCLASP_NAME", `this cannot be a peer's name: ${name.problem}`);
  const holders = name.key === nameKey(former) ? [] : tables.keysOfName(name.key);
  if (holders.length > 0) {
    throw new HandclaspError("ERR_HANDCLASP_CONFLICT", `the name "${name.name}" is bound to another key`, {
      hint: "give another name, or forget the peer that has this one",
      details: { peer: name.name, holders: holders.map((holder) => holder.pin) },
    });
  }
  const keys = tables.keysOfName(nameKey(former)).map((key) => putKey(tables, { ...key, peer: name.name }));
  keepGroups(tables, change, former, name.name);
  for (const key of keys) {
    tables.appendEvent({
      type: "renamed",
      at: change.at,
      actor: change.actor,
      pin: key.pin,
      peer: key.peer,
      before: key.state,
      after: key.state,
      details: { formerName: former },
    });
  }
  return { kind: "changed", keys };
}
