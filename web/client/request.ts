import type { Problem } from "./shapes.ts";
import { headers } from "./credentials.ts";
import { noteServerTime } from "./server-time.ts";

/** What the API refused, or that it did not answer (status 0). */
export class ProblemError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail ?? problem.title);
    this.problem = problem;
  }
}

export interface Answer<T> {
  readonly value: T;
  /** The version of what was asked for, in quotes; null where it has none. */
  readonly etag: string | null;
}

export interface RequestOptions {
  readonly method?: "GET" | "POST" | "PUT" | "DELETE";
  readonly body?: unknown;
  /** The version that was looked at, in quotes: the act is refused when it is another one by now. */
  readonly ifMatch?: string | null;
  readonly signal?: AbortSignal;
}

const UNREACHABLE: Problem = {
  type: "about:blank",
  title: "The server does not answer",
  status: 0,
  detail: "The server does not answer. This page tries again by itself.",
};

/** Asks the API; throws ProblemError for whatever is not an answer. */
export async function request<T>(path: string, options: RequestOptions = {}): Promise<Answer<T>> {
  const { method = "GET", body, ifMatch, signal } = options;
  const response = await fetch(path, {
    method,
    headers: {
      ...headers(),
      accept: "application/json",
      ...(body !== undefined && { "content-type": "application/json" }),
      ...(typeof ifMatch === "string" && { "if-match": ifMatch }),
    },
    cache: "no-store",
    ...(body !== undefined && { body: JSON.stringify(body) }),
    ...(signal !== undefined && { signal }),
  }).catch((error: unknown) => {
    if (signal?.aborted === true) throw error;
    throw new ProblemError(UNREACHABLE);
  });
  noteServerTime(response.headers.get("date"));
  const text = await response.text().catch((error: unknown) => {
    if (signal?.aborted === true) throw error;
    throw new ProblemError(UNREACHABLE);
  });
  if (!response.ok) throw new ProblemError(toProblem(response, text));
  return { value: toValue(text) as T, etag: response.headers.get("etag") };
}

function toValue(text: string): unknown {
  if (text === "") return null;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // Somebody in between broke it off.
    throw new ProblemError(UNREACHABLE);
  }
}

function toProblem(response: Response, text: string): Problem {
  const fallback = { type: "about:blank", title: `The server answered ${response.status}` };
  try {
    const said = JSON.parse(text) as Partial<Problem>;
    return { ...fallback, ...said, status: response.status };
  } catch {
    return { ...fallback, status: response.status };
  }
}
