import { includes, OPERATOR_GROUPS, type Scope, SCOPES } from "../trust/records/scope.ts";
import type { OperatorAct } from "./act.ts";

export { includes, type Scope, SCOPES };

/** What the peer of these folded groups may do as an operator; null when it is none. */
export function scopeOfPeer(groupKeys: Iterable<string>): Scope | null {
  let best: Scope | null = null;
  for (const groupKey of groupKeys) {
    const scope = OPERATOR_GROUPS.get(groupKey) ?? null;
    if (scope !== null && (best === null || includes(scope, best))) best = scope;
  }
  return best;
}

/**
 * The least that an act needs. What it touches can need more, which is decided as the change is carried out: an
 * operator's key, name, group or token, a key that was revoked, what an undo does.
 */
export function scopeNeeded({ act }: Pick<OperatorAct, "act">): Scope {
  return NEEDED[act];
}

const NEEDED: Readonly<Record<OperatorAct["act"], Scope>> = {
  approve: "approve",
  ignore: "approve",
  note: "approve",
  undo: "approve",
  revoke: "manage",
  "set-aside": "manage",
  forget: "manage",
  rename: "manage",
  "add-to-group": "manage",
  "remove-from-group": "manage",
  "open-window": "manage",
  "close-window": "manage",
  "create-token": "manage",
  "cancel-token": "manage",
  "create-api-token": "admin",
  "cancel-api-token": "admin",
};
