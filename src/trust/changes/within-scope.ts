import { HandclaspError } from "../../errors.ts";
import type { ChangeOrigin } from "../records/change.ts";
import { includes, type Scope } from "../records/scope.ts";
import type { PreparedChange } from "./prepared-change.ts";

/** The least that a change needs whatever it is about; servers' changes are nobody's who has a scope. */
const LEAST: Readonly<Partial<Record<PreparedChange["type"], Scope>>> = {
  approve: "approve",
  ignore: "approve",
  "write-note": "approve",
  undo: "approve",
  revoke: "manage",
  "set-aside": "manage",
  forget: "manage",
  rename: "manage",
  "add-to-group": "manage",
  "remove-from-group": "manage",
  "create-token": "manage",
  "cancel-token": "manage",
  "open-first-use": "manage",
};

/** Throws ERR_HANDCLASP_SCOPE for what needs more than whoever acts has. */
export function mustBeWithinScope(change: PreparedChange): void {
  const needed = LEAST[change.type] ?? "admin";
  mustInclude(change, needed);
}

function mustInclude({ scope }: ChangeOrigin, needed: Scope): void {
  if (scope === undefined || includes(scope, needed)) return;
  throw new HandclaspError("ERR_HANDCLASP_SCOPE", `this needs the scope ${needed}, and you have ${scope}`, {
    hint: `ask an operator who has the scope ${needed}`,
    details: { scope, needed },
  });
}
