import { HandclaspError } from "../../errors.ts";
import { toKeyId } from "../naming/key-id.ts";
import type { TrustTables } from "../records/trust-tables.ts";
import type { Outcome } from "../records/change.ts";
import { boundName } from "../naming/folded-name.ts";
import { keepGroups } from "./group.ts";
import type { PreparedRename } from "./prepared-change.ts";
import { meantKey } from "./meant-keys.ts";
import { mustBeNoListWord } from "../naming/list-words.ts";
import { nameDetails } from "./names-in-events.ts";
import { putKeys } from "./put-key.ts";

/** Gives a peer another name: all its keys go with it. What its certificates claim does not matter. */
export function applyRename(tables: TrustTables, change: PreparedRename): Outcome {
  const one = meantKey(tables, change, "rename");
  const former = boundName(one);
  if (former === null) {
    throw new HandclaspError("ERR_HANDCLASP_STATE", "this key has no name yet", {
      hint: "approving it gives it one",
      remedies: [{ act: "approve-key", at: "server", key: toKeyId(one.pin), options: { name: "NAME" } }],
    });
  }
  const { name, nameKey } = change.peer;
  mustBeNoListWord(tables, change.peer);
  const holders = nameKey === former.nameKey ? [] : tables.keysOfName(nameKey);
  if (holders.length > 0) {
    throw new HandclaspError("ERR_HANDCLASP_CONFLICT", `the name "${name}" is bound to another key`, {
      hint: "give another name, or forget the peer that has this one",
      details: { peer: name, holders: holders.map((holder) => holder.pin) },
    });
  }
  const renamed = tables.keysOfName(former.nameKey).map((key) => ({ ...key, peer: name, nameKey }));
  const keys = putKeys(tables, renamed);
  keepGroups(tables, change, former.nameKey, nameKey);
  for (const key of keys) {
    tables.appendEvent({
      type: "renamed",
      at: change.at,
      actor: change.actor,
      pin: key.pin,
      peer: key.peer,
      before: key.state,
      after: key.state,
      details: nameDetails("formerName", former),
    });
  }
  return { kind: "changed", keys };
}
