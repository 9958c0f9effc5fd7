import { HandclaspError } from "../../errors.ts";
import type { Outcome } from "../records/change.ts";
import { includes, type Scope } from "../records/scope.ts";
import type { TrustTables } from "../records/trust-tables.ts";
import { endOfAdmins, operatorsAsText } from "./concerns-operators.ts";
import type { PreparedChange } from "./prepared-change.ts";
import { scopeNeeded } from "./scope-needed.ts";

/**
 * Carries out a change for somebody who may do so much and no more. What it needs is asked before; and after it, whatever
 * was asked, operators are as they were unless `admin` did it, and somebody is left who may do everything. Throws
 * ERR_HANDCLASP_SCOPE and ERR_HANDCLASP_LAST_ADMIN: what was written by then is to be taken back.
 */
export function withinScope(
  tables: TrustTables,
  change: PreparedChange,
  carryOut: (tables: TrustTables, change: PreparedChange) => Outcome,
): Outcome {
  const { scope, at } = change;
  if (scope === undefined) return carryOut(tables, change);
  if (scope === "admin") {
    const before = endOfAdmins(tables, at);
    const outcome = carryOut(tables, change);
    const end = endOfAdmins(tables, at);
    // An approval that ends soon would leave nobody then.
    if (end < before && (end === 0 || change.type === "approve")) throw lastAdmin();
    return outcome;
  }
  const needed = scopeNeeded(tables, change);
  if (!includes(scope, needed)) throw tooNarrow(scope, needed);
  const operators = operatorsAsText(tables, at);
  const outcome = carryOut(tables, change);
  if (operatorsAsText(tables, at) !== operators) throw tooNarrow(scope, "admin");
  return outcome;
}

function tooNarrow(scope: Scope, needed: Scope): HandclaspError {
  return new HandclaspError("ERR_HANDCLASP_SCOPE", `this needs the scope ${needed}, and this is ${scope}`, {
    hint: `have an operator do it who has the scope ${needed}`,
    details: { scope, needed },
  });
}

function lastAdmin(): HandclaspError {
  return new HandclaspError("ERR_HANDCLASP_LAST_ADMIN", 'no key of the group "operators" would be trusted', {
    hint: "put another peer into the group first",
    remedies: [{ act: "list-groups", at: "server" }],
  });
}
