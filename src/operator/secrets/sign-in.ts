import { hashOfSecret, isApiToken } from "../../trust/naming/api-token.ts";
import type { Desk } from "../../trust/port/desk.ts";
import { type ApiTokenRecord, apiTokenState } from "../../trust/records/api-token-record.ts";
import type { Scope } from "../../trust/records/scope.ts";

/** An operator who came without a certificate. */
export interface SignedIn {
  /** Who acts, for events. */
  readonly user: string | null;
  readonly via: "link" | "bearer";
  readonly scope: Scope;
  /** The id of the API token, whose use is to be noted; null for who came by a link. */
  readonly apiToken: string | null;
  /** When it ends, milliseconds since the epoch. */
  readonly expires: number;
}

/** Why somebody is not let in. */
export interface NotSignedIn {
  readonly refusal: "unknown" | "expired" | "cancelled";
}

/** Who somebody is, or why nobody. */
export type SignIn = SignedIn | NotSignedIn;

/** Whoever has the text of an API token is who it was made for, until it ends. `now` in milliseconds since the epoch. */
export function byApiToken(desk: Pick<Desk, "apiToken">, text: string, now: number): SignIn {
  const token = isApiToken(text) ? desk.apiToken(hashOfSecret(text)) : undefined;
  return token === undefined ? UNKNOWN : byRecord(token, now);
}

/** Whoever has a session is who began it, with no more than that one has by now: a token that ended took its sessions with it. */
export function bySession(desk: Pick<Desk, "apiToken" | "session">, secret: string, now: number): SignIn {
  const session = desk.session(hashOfSecret(secret));
  if (session === undefined) return UNKNOWN;
  const { via, user, expires, of } = session;
  if (now >= expires) return { refusal: "expired" };
  if (via === "link") return { user, via, scope: "admin", apiToken: null, expires };
  const token = desk.apiToken(of);
  const granted = token === undefined ? UNKNOWN : byRecord(token, now);
  return "refusal" in granted ? granted : { ...granted, expires: Math.min(expires, granted.expires) };
}

const UNKNOWN: SignIn = { refusal: "unknown" };

function byRecord(token: ApiTokenRecord, now: number): SignIn {
  const { id, name, scope, expires } = token;
  const state = apiTokenState(token, now);
  if (state !== "open") return { refusal: state };
  return { user: name, via: "bearer", scope, apiToken: id, expires };
}
