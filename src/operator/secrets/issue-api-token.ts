import { ANYTHING, checkOptions, oneOf, type OptionRules, TEXT } from "../../check-options.ts";
import { HandclaspError } from "../../errors.ts";
import { createApiToken } from "../../trust/naming/api-token.ts";
import { toPeerName } from "../../trust/naming/peer-name.ts";
import type { CreateApiTokenChange } from "../../trust/records/change.ts";
import { toMoment } from "../../trust/records/moment.ts";
import { type Scope, SCOPES } from "../../trust/records/scope.ts";

export interface CreateApiTokenOptions {
  /** Who acts with it, as events have it. */
  readonly name: string;
  readonly scope: Scope;
  /** When it ends, milliseconds since the epoch: within a year. */
  readonly expires: number;
}

/** An API token as it is handed over, once. */
export interface CreatedApiToken extends CreateApiTokenOptions {
  readonly id: string;
  /** Whoever has this has the scope. */
  readonly token: string;
}

/** An API token is good for no longer. */
export const MOST_API_TOKEN_DAYS = 366;
const DAY_MS = 24 * 3600 * 1000;

const RULES: OptionRules<CreateApiTokenOptions> = { name: TEXT, scope: oneOf(...SCOPES), expires: ANYTHING };

/** A token and what the store keeps of it. Throws ERR_HANDCLASP_NAME and ERR_HANDCLASP_OPTION. */
export function issueApiToken(
  options: CreateApiTokenOptions,
  at: number,
): { readonly created: CreatedApiToken; readonly kept: CreateApiTokenChange["token"] } {
  checkOptions("an API token", options, RULES, ["name", "scope", "expires"]);
  const { scope } = options;
  const expires = toMoment("the end of an API token", options.expires);
  if (expires <= at || expires > at + MOST_API_TOKEN_DAYS * DAY_MS) {
    const problem = `an API token ends after now, and within ${MOST_API_TOKEN_DAYS} days`;
    throw new HandclaspError("ERR_HANDCLASP_OPTION", problem, {
      hint: "give it 90 days, and make another one then",
    });
  }
  const name = toPeerName(options.name);
  if (!name.ok) {
    throw new HandclaspError(
      "ERR_HANDCLASP_NAME",
      `this cannot be the name of an API token: ${name.problem}`,
    );
  }
  const { id, text, hash } = createApiToken();
  const said = { id, name: name.name, scope, expires };
  return { created: { ...said, token: text }, kept: { ...said, hash } };
}
