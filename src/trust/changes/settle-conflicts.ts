import type { KeyPin } from "../key-record.ts";
import { nameKey } from "../peer-name.ts";
import type { TrustTables } from "../trust-tables.ts";

/** After a key lost its name: those who wait for that name conflict with whoever else holds it, or with nobody. */
export function settleConflicts(tables: TrustTables, pin: KeyPin): void {
  for (const rival of tables.conflictsOf(pin)) {
    const name = rival.newName ?? rival.claimedName;
    const holders = name === null ? [] : tables.keysOfName(nameKey(name));
    const holder = holders.find((key) => key.state === "trusted") ?? holders[0];
    tables.putKey({ ...rival, conflictsWith: holder?.pin ?? null });
  }
}
