import type { Identified } from "../call/caller.ts";
import { includes } from "../../trust/records/scope.ts";
import { Problem } from "../call/problem.ts";
import type { Answer, Asked, Route } from "../call/route.ts";
import { recognise, type Recogniser } from "../sign-in/recognise.ts";
import { checkOrigin } from "./check-origin.ts";
import { readBody } from "./read-body.ts";
import { readInput, readQuery } from "./read-input.ts";

/** What of a request is known before it is looked for a route. */
export interface Incoming {
  readonly request: Request;
  /** What its connection says of who sends it, now. */
  readonly identify: () => Identified;
  readonly origin: string;
}

/** Finds out who asks: throws 401 for nobody, and for whoever is refused, 403 for whoever was made to ask by another page. */
export function admit(
  recogniser: Recogniser,
  { request, identify, origin }: Incoming,
  scope: Route["scope"],
): Asked {
  const identified = identify();
  if (identified?.kind === "refused" && identified.isTurnedAway) mustOnlyLook(request, scope);
  const { caller, secret, isStale } = recognise(recogniser, request, identified);
  if (caller === null && scope !== "anybody") {
    throw new Problem(
      401,
      { code: isStale ? "credentials-ended" : "not-signed-in" },
      { "www-authenticate": "Bearer" },
    );
  }
  if (caller === null || caller.isAmbient) checkOrigin(request, origin);
  const isWelcome = (): boolean => {
    try {
      const now = recognise(recogniser, request, identify()).caller;
      return now !== null && (scope === "anybody" || includes(now.scope, scope));
    } catch {
      // Where nobody can tell who it is: on asking again, they hear why.
      return false;
    }
  };
  return { request, origin, identified, caller, secret, isWelcome };
}

/** Throws 401 for whoever is refused, and asks for more than why. */
function mustOnlyLook({ method }: Request, scope: Route["scope"]): void {
  if (scope === "anybody" && (method === "GET" || method === "HEAD")) return;
  throw new Problem(401, { code: "refused", detail: "the certificate of this connection is refused" });
}

/** Has a request carried out, in the order in which answers are given: 403, 404, 422, 428, then what the route says. */
export async function dispatch(
  route: Route,
  asked: Asked,
  params: Readonly<Record<string, string>>,
): Promise<Response> {
  const { request, caller } = asked;
  if (route.scope !== "anybody" && caller !== null && !includes(caller.scope, route.scope)) {
    throw new Problem(403, {
      code: "scope",
      detail: `this needs the scope ${route.scope}, and you have ${caller.scope}`,
      needs: route.scope,
    });
  }
  const subject = route.find === undefined ? null : await route.find(params, caller ?? NOBODY);
  if (subject === undefined) throw new Problem(404, { code: "ERR_HANDCLASP_NOT_FOUND" });
  const query = readQuery(route.query, new URL(request.url).searchParams);
  const body = route.body === undefined ? undefined : readInput(route.body, await readBody(request));
  const version = route.needsVersion(subject) ? versionOf(request) : 0;
  const call = { caller: caller ?? NOBODY, body, query, subject, version, asked };
  const answer = await route.handle(call);
  return answer instanceof Response ? answer : toResponse(answer);
}

/** Of routes for anybody, which look at `asked.caller` instead. */
const NOBODY = { id: "", name: null, scope: "read", via: "bearer", keyId: null, isAmbient: false } as const;

function versionOf(request: Request): number {
  const given = request.headers.get("if-match");
  if (given === null) {
    throw new Problem(428, { code: "no-version", hint: "send If-Match with the ETag that was looked at" });
  }
  const [, digits] = /^"([1-9]\d{0,14})"$/.exec(given) ?? [];
  // What is no version of ours is not the present one.
  return Number(digits ?? Number.MAX_SAFE_INTEGER);
}

function toResponse({ body, status = 200, headers = {} }: Answer): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { "content-type": "application/json", ...headers },
  });
}
