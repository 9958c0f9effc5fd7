import { HandclaspError } from "../../errors.ts";
import { isListWord, NAME_PREFIX } from "../naming/list-words.ts";
import type { TrustTables } from "../records/trust-tables.ts";
import type { FoldedName } from "./folded-name.ts";

/** Whether a name would be new, and is a word of lists. Whoever has it from before there were those words keeps it. */
export function isNewListWord(tables: Pick<TrustTables, "keysOfName">, nameKey: string): boolean {
  return isListWord(nameKey) && tables.keysOfName(nameKey).length === 0;
}

/** Throws ERR_HANDCLASP_NAME for such a name. */
export function mustBeNoListWord(tables: TrustTables, { name, nameKey }: FoldedName): void {
  if (!isNewListWord(tables, nameKey)) return;
  throw new HandclaspError(
    "ERR_HANDCLASP_NAME",
    `this cannot be a new peer's name: "${name}" means something else in lists of who may come in`,
    { hint: `give another name; a peer that was called so before is ${NAME_PREFIX}${name} in lists` },
  );
}
