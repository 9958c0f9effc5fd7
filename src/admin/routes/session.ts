import type { AdminContext } from "../call/admin-context.ts";
import { Problem } from "../call/problem.ts";
import { type Asked, type Route, route } from "../call/route.ts";
import {
  noBody,
  type SessionJson,
  sessionJson,
  type SignInBody,
  signInBody,
  signedInJson,
  type SignInWay,
} from "../schemas/session.ts";
import type { LoginLinks } from "../sign-in/login-links.ts";
import { SESSION_COOKIE } from "../../session-cookie.ts";
import type { Sessions } from "../sign-in/sessions.ts";

export interface SignIn {
  readonly sessions: Sessions;
  readonly links: LoginLinks;
  /** Who uses a link: the one who runs this process. */
  readonly user: string | null;
}

/** Who one is, signing in and out. */
export function sessionRoutes(context: AdminContext, signIn: SignIn): readonly Route[] {
  const { transport } = context;
  return [
    route("GET", "/v1/session", {
      summary: "Who one is here; if nobody, how to get in",
      scope: "anybody",
      answer: sessionJson,
      handle: ({ asked }) => ({ body: toSession(asked, context) }),
    }),
    route("POST", "/v1/session", {
      summary: "Signs in by a one-use link or an API token",
      scope: "anybody",
      body: signInBody,
      answer: signedInJson,
      async handle({ body }) {
        const secret = await begin(body, signIn);
        if (transport === "loopback") return { body: { secret }, status: 201 };
        const cookie = `${SESSION_COOKIE}=${secret}; Path=/; Secure; HttpOnly; SameSite=Strict`;
        return { body: { secret: null }, status: 201, headers: { "set-cookie": cookie } };
      },
    }),
    route("DELETE", "/v1/session", {
      summary: "Signs out",
      scope: "read",
      body: noBody,
      answer: noBody,
      async handle({ asked }) {
        if (asked.secret !== null) await signIn.sessions.end(asked.secret);
        const cookie = `${SESSION_COOKIE}=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0`;
        return { body: {}, ...(transport === "tls" && { headers: { "set-cookie": cookie } }) };
      },
    }),
  ];
}

async function begin({ link, bearer = "" }: SignInBody, { sessions, links, user }: SignIn): Promise<string> {
  if (link !== undefined && links.redeem(link)) return sessions.beginByLink(user);
  const secret = link === undefined ? await sessions.beginByToken(bearer) : undefined;
  if (secret !== undefined) return secret;
  if (link === undefined) {
    throw new Problem(401, { code: "not-signed-in", detail: "this token lets nobody in" });
  }
  throw new Problem(401, {
    code: "not-signed-in",
    detail: "this link was used before, or is over a minute old",
    hint: "have another one printed: press Enter in the terminal that printed it, or start that anew",
  });
}

const WAYS: Readonly<Record<AdminContext["transport"], readonly SignInWay[]>> = {
  loopback: ["link", "bearer"],
  tls: ["certificate", "bearer"],
};

function toSession(
  { caller, identified }: Asked,
  { transport, commandsForNobody }: AdminContext,
): SessionJson {
  const refused = identified?.kind === "refused" ? identified : null;
  const operator = caller && {
    name: caller.name,
    scope: caller.scope,
    via: caller.via,
    keyId: caller.keyId,
  };
  return {
    operator,
    refusal: refused && { reason: refused.reason, keyId: refused.keyId, peer: refused.peer },
    signIn: WAYS[transport],
    commands: operator === null ? (refused?.commands ?? commandsForNobody) : [],
  };
}
