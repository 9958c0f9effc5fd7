import type { ListedApiToken } from "../trust/port/desk.ts";
import { type ApiTokenState, apiTokenState } from "../trust/records/api-token-record.ts";
import type { Scope } from "../trust/records/scope.ts";
import { toIsoTime } from "./iso-time.ts";

/** An API token as programs get it; nothing in it lets anybody in. */
export interface ApiTokenJson {
  readonly id: string;
  readonly name: string;
  readonly scope: Scope;
  readonly state: ApiTokenState;
  readonly createdAt: string | null;
  readonly expires: string | null;
  /** About a second late; null when it never was. */
  readonly lastUsed: string | null;
  readonly cancelledAt: string | null;
}

/** An API token of the store as it is at `now`, milliseconds since the epoch. */
export function toListedApiToken(token: ListedApiToken, now: number): ApiTokenJson {
  const { id, name, scope, createdAt, expires, lastUsed, cancelledAt } = token;
  return {
    id,
    name,
    scope,
    state: apiTokenState(token, now),
    createdAt: toIsoTime(createdAt),
    expires: toIsoTime(expires),
    lastUsed: toIsoTime(lastUsed),
    cancelledAt: toIsoTime(cancelledAt),
  };
}
