import { SESSION_COOKIE } from "../../session-cookie.ts";
import type { SignedIn } from "../../operator/secrets/sign-in.ts";
import type { Caller, Identified } from "../call/caller.ts";
import type { Sessions } from "./sessions.ts";

/** What a request brings to say who sends it. */
export interface Presented {
  readonly caller: Caller | null;
  /** Of its session, where it has one. */
  readonly secret: string | null;
  /** It brought something that is good for nothing, or no more. */
  readonly isStale: boolean;
}

/** What requests are recognised by. */
export interface Recogniser {
  readonly sessions: Sessions;
  readonly transport: "loopback" | "tls";
}

const NOBODY: Presented = { caller: null, secret: null, isStale: false };
const STALE: Presented = { ...NOBODY, isStale: true };

/** Says who sends a request. Where a bearer is given nothing else is looked at: no cookie, no certificate. */
export function recognise(
  { sessions, transport }: Recogniser,
  request: Request,
  identified: Identified,
): Presented {
  const authorization = request.headers.get("authorization");
  if (authorization !== null) {
    const [, secret = ""] = /^Bearer ([\w.-]{1,200})$/i.exec(authorization) ?? [];
    if (secret.startsWith("hca1.")) return toPresented(sessions.byToken(secret), null, false);
    // The secret of a session over TLS is the cookie's alone.
    if (transport === "tls") return STALE;
    return toPresented(sessions.bySecret(secret), secret, false);
  }
  const cookie = transport === "tls" ? cookieOf(request) : undefined;
  if (cookie !== undefined) {
    const found = sessions.bySecret(cookie);
    // Who came by a link has the machine's own page, and nothing elsewhere.
    const presented = toPresented(found?.via === "link" ? undefined : found, cookie, true);
    if (presented.caller !== null) return presented;
  }
  if (identified?.kind !== "operator") return cookie === undefined ? NOBODY : STALE;
  const { name, scope, keyId } = identified;
  const id = `key:${keyId}`;
  return { ...NOBODY, caller: { id, name, scope, keyId, via: "certificate", isAmbient: true } };
}

function toPresented(found: SignedIn | undefined, secret: string | null, isAmbient: boolean): Presented {
  if (found === undefined) return STALE;
  const { user: name, scope, via, apiToken } = found;
  const id = apiToken === null ? `link:${name ?? ""}` : `token:${apiToken}`;
  return { caller: { id, name, scope, via, keyId: null, isAmbient }, secret, isStale: false };
}

function cookieOf(request: Request): string | undefined {
  for (const pair of request.headers.get("cookie")?.split(";") ?? []) {
    const [name, value] = pair.trim().split("=", 2);
    if (name === SESSION_COOKIE) return value;
  }
  return undefined;
}
