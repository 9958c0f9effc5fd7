import { hashOfSecret, isApiToken } from "../trust/naming/api-token.ts";
import type { Desk } from "../trust/port/desk.ts";
import { apiTokenState } from "../trust/records/api-token-record.ts";
import type { Scope } from "../trust/records/scope.ts";

/** An operator who came without a certificate. */
export interface SignedIn {
  readonly user: string | null;
  readonly scope: Scope;
  readonly via: "link" | "bearer";
  /** The id of the API token that it began with; null for a link. */
  readonly apiToken: string | null;
  /** Milliseconds since the epoch. */
  readonly expires: number;
}

/** Why somebody is not let in. */
export interface NotSignedIn {
  readonly refusal: "unknown" | "expired" | "cancelled";
}

/** Whose an API token is. */
export function byApiToken(desk: Desk, text: string, now: number): SignedIn | NotSignedIn {
  return isApiToken(text) ? byTokenHash(desk, hashOfSecret(text), now) : { refusal: "unknown" };
}

/** Whose a session is; one that began with an API token ends with it. */
export function bySession(desk: Desk, secret: string, now: number): SignedIn | NotSignedIn {
  const session = desk.session(hashOfSecret(secret));
  if (session === undefined) return { refusal: "unknown" };
  const { of, via, user, expires } = session;
  if (now >= expires) return { refusal: "expired" };
  if (via === "link") return { user, scope: "admin", via, apiToken: null, expires };
  const token = byTokenHash(desk, of, now);
  return "refusal" in token ? token : { ...token, expires };
}

function byTokenHash(desk: Desk, hash: string, now: number): SignedIn | NotSignedIn {
  const token = desk.apiToken(hash);
  if (token === undefined) return { refusal: "unknown" };
  const state = apiTokenState(token, now);
  if (state !== "open") return { refusal: state };
  const { id, name: user, scope, expires } = token;
  return { user, scope, via: "bearer", apiToken: id, expires };
}
