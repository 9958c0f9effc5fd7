import { computed, type ReadonlySignal, signal } from "@preact/signals";
import { keepSecret } from "./credentials.ts";
import { ProblemError, request } from "./request.ts";
import type { Problem, Scope, Session } from "./shapes.ts";

const current = signal<Session | null>(null);
const trouble = signal<Problem | null>(null);

/** Who one is here; null until the server has said it. */
export const session: ReadonlySignal<Session | null> = current;
/** Why it is not known who one is. */
export const sessionProblem: ReadonlySignal<Problem | null> = trouble;

const SCOPES: readonly Scope[] = ["read", "approve", "manage", "admin"];

const rank: ReadonlySignal<number> = computed(() => {
  const scope = current.value?.operator?.scope;
  return scope === undefined ? -1 : SCOPES.indexOf(scope);
});

/** Whether whoever looks at the page may do what wants this scope. The server decides; this hides what it would refuse. */
export function may(scope: Scope): boolean {
  return rank.value >= SCOPES.indexOf(scope);
}

/** Asks anew who one is. */
export async function refreshSession(): Promise<void> {
  try {
    current.value = (await request<Session>("/v1/session")).value;
    trouble.value = null;
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    if (error.problem.status === 401) {
      // The secret of this tab is of a session that is over.
      keepSecret(null);
      current.value = (await request<Session>("/v1/session")).value;
      trouble.value = null;
    } else trouble.value = error.problem;
  }
}

/** Exchanges what lets one in for a session. */
export async function signIn(by: { readonly link: string } | { readonly bearer: string }): Promise<void> {
  keepSecret(null);
  const { value } = await request<{ readonly secret: string | null }>("/v1/session", {
    method: "POST",
    body: by,
  });
  keepSecret(value.secret);
  await refreshSession();
}

/** From now on nothing is asked as somebody whom the server is about to forget. */
export async function signOut(): Promise<void> {
  current.value = null;
  try {
    await request("/v1/session", { method: "DELETE", body: {} });
    keepSecret(null);
  } catch (error) {
    // Whether one is still signed in is asked now.
    if (!(error instanceof ProblemError)) throw error;
  }
  await refreshSession();
}
