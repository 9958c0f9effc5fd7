import * as v from "valibot";
import type { ApiTokenJson } from "../../operator/listed-api-token.ts";
import type { TokenJson } from "../../operator/listed-token.ts";
import type { Page } from "../../trust/port/page.ts";
import { type Scope, SCOPES } from "../../trust/records/scope.ts";
import { MOST_TOKEN_GROUPS } from "../../trust/records/token-record.ts";
import { pageOf, type PageQuery, pageQuery } from "./page-query.ts";

export type TokensJson = Page<TokenJson>;

export interface TokensQuery extends PageQuery {
  readonly q?: string;
}

export interface CreateTokenBody {
  readonly peer: string;
  /** How long it is good for; default an hour. */
  readonly forMs?: number;
  /** The network that the client must come from. */
  readonly from?: string;
  readonly replace?: boolean;
  /** The groups that the client comes into as it joins. */
  readonly groups?: readonly string[];
  /** `HOST:PORT`, as clients reach the server; default as it last listened. */
  readonly server?: readonly string[];
  readonly serverPin?: string;
}

/** What is shown once, and kept by nobody here. */
export interface CreatedTokenJson {
  readonly id: string;
  readonly peer: string;
  readonly expires: string;
  readonly servers: readonly string[];
  readonly serverPin: string;
  /** Lets one client in. Also what a QR code of it says. */
  readonly token: string;
  /** The command line that uses it, for the client. */
  readonly join: string;
  /** The command line that makes another one like it. */
  readonly command: string;
  readonly curl: string;
}

export type ApiTokensJson = Page<ApiTokenJson>;

export interface CreateApiTokenBody {
  readonly name: string;
  readonly scope: Scope;
  /** ISO 8601, or how long: `90d`. */
  readonly expires: string;
}

/** What is shown once. */
export interface CreatedApiTokenJson {
  readonly id: string;
  readonly name: string;
  readonly scope: Scope;
  readonly expires: string;
  readonly token: string;
  readonly command: string;
  readonly curl: string;
}

/** Who may act here, and as what. */
export interface OperatorsJson {
  readonly items: readonly {
    readonly peer: string;
    readonly group: string;
    readonly scope: Scope;
    readonly addedAt: string | null;
  }[];
}

const text = v.nullable(v.string());
const name = v.pipe(v.string(), v.minLength(1), v.maxLength(500));
const duration = v.pipe(v.string(), v.regex(/^\d{1,10}[smhdw]$/, "a duration: 10m, 1h, 90d"));

const TOKEN = {
  id: v.string(),
  peer: v.string(),
  state: v.string(),
  expires: text,
  from: text,
  replace: v.boolean(),
  groups: v.array(v.string()),
  serverPin: v.string(),
  createdAt: text,
  usedAt: text,
  usedBy: text,
  usedByKeyId: text,
  cancelledAt: text,
};

export const tokensQuery: v.GenericSchema<unknown, TokensQuery> = pageQuery({
  q: v.exactOptional(v.pipe(v.string(), v.maxLength(500))),
});

export const tokensJson: v.GenericSchema = pageOf(v.strictObject(TOKEN));

export const createTokenBody: v.GenericSchema<CreateTokenBody> = v.strictObject({
  peer: name,
  forMs: v.exactOptional(v.pipe(v.number(), v.safeInteger(), v.minValue(1))),
  from: v.exactOptional(name),
  replace: v.exactOptional(v.boolean()),
  groups: v.exactOptional(v.pipe(v.array(name), v.maxLength(MOST_TOKEN_GROUPS))),
  server: v.exactOptional(v.pipe(v.array(name), v.minLength(1), v.maxLength(8))),
  serverPin: v.exactOptional(name),
});

export const createdTokenJson: v.GenericSchema<CreatedTokenJson> = v.strictObject({
  id: v.string(),
  peer: v.string(),
  expires: v.string(),
  servers: v.array(v.string()),
  serverPin: v.string(),
  token: v.string(),
  join: v.string(),
  command: v.string(),
  curl: v.string(),
});

const scope = v.picklist(SCOPES);

const API_TOKEN = v.strictObject({
  id: v.string(),
  name: v.string(),
  scope,
  state: v.picklist(["open", "expired", "cancelled"]),
  createdAt: text,
  expires: text,
  cancelledAt: text,
  lastUsed: text,
});

export const apiTokensJson: v.GenericSchema = pageOf(API_TOKEN);

export const createApiTokenBody: v.GenericSchema<CreateApiTokenBody> = v.strictObject({
  name,
  scope,
  expires: v.union([v.pipe(v.string(), v.isoTimestamp()), duration], "ISO 8601, or how long: 90d"),
});

export const createdApiTokenJson: v.GenericSchema<CreatedApiTokenJson> = v.strictObject({
  id: v.string(),
  name: v.string(),
  scope,
  expires: v.string(),
  token: v.string(),
  command: v.string(),
  curl: v.string(),
});

export const operatorsJson: v.GenericSchema<OperatorsJson> = v.strictObject({
  items: v.array(v.strictObject({ peer: v.string(), group: v.string(), scope, addedAt: text })),
});
