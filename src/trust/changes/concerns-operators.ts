import { isSetAside } from "../judging/is-set-aside.ts";
import type { KeyRecord } from "../records/key-record.ts";
import { ADMINS, OPERATOR_GROUPS } from "../records/scope.ts";
import { tokenState } from "../records/token-record.ts";
import type { TrustTables } from "../records/trust-tables.ts";

/** Whether a peer is an operator, by its folded name. */
export function isOperator(tables: TrustTables, nameKey: string): boolean {
  return tables.memberships(nameKey).some(({ groupKey }) => OPERATOR_GROUPS.has(groupKey));
}

/** Whether a key is an operator's, or wants to be called as one is. */
export function concernsOperators(tables: TrustTables, key: KeyRecord): boolean {
  const { nameKey, newKey, claimedKey } = key;
  const isStranger = nameKey === null && !isSetAside(key);
  const names = [nameKey, newKey, isStranger ? claimedKey : null];
  return names.some((name) => name !== null && isOperator(tables, name));
}

/** All by which somebody is an operator, or becomes one: whatever changes it is another text. */
export function operatorsAsText(tables: TrustTables, now: number): string {
  const lines: string[] = [];
  for (const group of OPERATOR_GROUPS.keys()) {
    for (const { nameKey } of tables.membersOf(group)) {
      const keys = tables.keysOfName(nameKey).map(({ pin, version }) => [pin, version]);
      const tokens = tables.tokensFor(nameKey).filter((token) => tokenState(token, now) === "open");
      lines.push(JSON.stringify([group, nameKey, keys, tokens.map(({ id }) => id)]));
    }
  }
  return lines.join("\n");
}

/** Until when somebody may do everything, by a trusted key of the group `operators`; 0 when nobody may. */
export function endOfAdmins(tables: TrustTables, now: number): number {
  const keys = tables.membersOf(ADMINS).flatMap(({ nameKey }) => tables.keysOfName(nameKey));
  const ends = keys.map(({ state, expires }) => (state === "trusted" ? (expires ?? Infinity) : 0));
  return Math.max(0, ...ends.filter((end) => now < end));
}
