import type { Caller, Identified } from "../call/caller.ts";
import type { Sessions } from "./sessions.ts";

export const COOKIE = "__Host-handclasp";

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

/** Says who sends a request. Where a bearer is given nothing else is looked at: no cookie, no certificate. */
export function recognise(
  { sessions, transport }: Recogniser,
  request: Request,
  identified: Identified,
): Presented {
  const authorization = request.headers.get("authorization");
  if (authorization !== null) {
    const [, secret = ""] = /^Bearer ([\w.-]+)$/i.exec(authorization) ?? [];
    const who = transport === "loopback" ? sessions.find(secret) : undefined;
    if (who === undefined) return { caller: null, secret: null, isStale: true };
    return { caller: { ...who, keyId: null, isAmbient: false }, secret, isStale: false };
  }
  const cookie = transport === "tls" ? cookieOf(request) : undefined;
  const who = cookie === undefined ? undefined : sessions.find(cookie);
  if (cookie !== undefined && who !== undefined) {
    return { caller: { ...who, keyId: null, isAmbient: true }, secret: cookie, isStale: false };
  }
  const isStale = cookie !== undefined;
  if (identified?.kind !== "operator") return { caller: null, secret: null, isStale };
  const { name, scope, keyId } = identified;
  return { caller: { name, scope, keyId, via: "certificate", isAmbient: true }, secret: null, isStale };
}

function cookieOf(request: Request): string | undefined {
  for (const pair of request.headers.get("cookie")?.split(";") ?? []) {
    const [name, value] = pair.trim().split("=", 2);
    if (name === COOKIE) return value;
  }
  return undefined;
}
