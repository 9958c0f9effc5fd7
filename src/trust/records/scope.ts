/** What an operator may do: each has all that those before it have. */
export const SCOPES = ["read", "approve", "manage", "admin"] as const;

export type Scope = (typeof SCOPES)[number];

/** Whether somebody with one scope may do what needs another. */
export function includes(scope: Scope, needed: Scope): boolean {
  return SCOPES.indexOf(scope) >= SCOPES.indexOf(needed);
}

/** The groups that make their peers operators, by their folded names. */
export const OPERATOR_GROUPS: ReadonlyMap<string, Scope> = new Map([
  ["operators-read", "read"],
  ["operators-approve", "approve"],
  ["operators-manage", "manage"],
  ["operators", "admin"],
]);

/** The group of those who may do everything. */
export const ADMINS = "operators";
