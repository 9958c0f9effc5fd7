import { isHandclaspError } from "../../errors.ts";
import type { Remedy } from "../../remedy.ts";
import { toKeyId } from "../../trust/naming/key-id.ts";
import type { KeyPin } from "../../trust/records/key-record.ts";

/** What can be wrong with a request itself. */
export const PROBLEM_TITLES = {
  400: "the request cannot be read",
  401: "sign in first",
  403: "this is not for you",
  404: "there is no such thing",
  405: "not by this method",
  409: "this does not go together with what is there",
  412: "it was changed since",
  413: "the body is too large",
  415: "the body has to be JSON",
  421: "this server is not called so",
  422: "the request says what cannot be",
  428: "say which version was looked at",
  429: "too many tries",
  500: "something unexpected happened",
  503: "the trust store is not available",
} as const;

export type ProblemStatus = keyof typeof PROBLEM_TITLES;

/** What goes beside status and title. */
export interface ProblemMembers {
  /** A stable word for programs: a code of errors, or one of the API's own. */
  readonly code: string;
  readonly detail?: string;
  readonly hint?: string;
  readonly remedies?: readonly Remedy[];
  /** Where in the body or query it is: RFC 6901. */
  readonly pointer?: string;
  /** Key ids. */
  readonly conflictsWith?: readonly string[];
  /** The key as it is now. */
  readonly key?: unknown;
  readonly [member: string]: unknown;
}

/** A request that cannot be answered as it would like: RFC 9457. */
export class Problem extends Error {
  override readonly name = "Problem";
  readonly status: ProblemStatus;
  readonly members: ProblemMembers;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: ProblemStatus,
    members: ProblemMembers,
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(members.detail ?? PROBLEM_TITLES[status]);
    this.status = status;
    this.members = members;
    this.headers = headers;
  }
}

const STATUS_OF: Readonly<Record<string, ProblemStatus>> = {
  ERR_HANDCLASP_NOT_FOUND: 404,
  ERR_HANDCLASP_CHANGED: 412,
  ERR_HANDCLASP_CONFLICT: 409,
  ERR_HANDCLASP_STATE: 409,
  ERR_HANDCLASP_AMBIGUOUS: 409,
  ERR_HANDCLASP_TOKEN: 409,
  ERR_HANDCLASP_LAST_ADMIN: 409,
  ERR_HANDCLASP_SCOPE: 403,
  ERR_HANDCLASP_RATE: 429,
  ERR_HANDCLASP_MALFORMED: 422,
  ERR_HANDCLASP_OPTION: 422,
  ERR_HANDCLASP_NAME: 422,
  ERR_HANDCLASP_KEY_ID: 422,
  ERR_HANDCLASP_CERTIFICATE_MALFORMED: 422,
  ERR_HANDCLASP_STORE_READ: 503,
  ERR_HANDCLASP_STORE_WRITE: 503,
  ERR_HANDCLASP_STORE_CLOSED: 503,
};

/** What was thrown, as an answer; what nobody expected says nothing of itself. */
export function toProblem(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown;
  if (!isHandclaspError(thrown)) return new Problem(500, { code: "unexpected" });
  const { code, message, hint, remedies, details } = thrown;
  const { holders, retryAfterMs } = details;
  const retryAfter = typeof retryAfterMs === "number" ? String(Math.ceil(retryAfterMs / 1000)) : undefined;
  const about = {
    code,
    detail: message,
    ...(hint !== undefined && { hint }),
    ...(remedies.length > 0 && { remedies }),
    ...(Array.isArray(holders) && { conflictsWith: (holders as KeyPin[]).map(toKeyId) }),
  };
  return new Problem(
    STATUS_OF[code] ?? 500,
    about,
    retryAfter === undefined ? {} : { "retry-after": retryAfter },
  );
}

/** As bytes go out. */
export function problemResponse({ status, members, headers }: Problem): Response {
  const body = { type: "about:blank", title: PROBLEM_TITLES[status], status, ...members };
  return new Response(JSON.stringify(body), {
    status,
    headers: { "content-type": "application/problem+json", ...headers },
  });
}
