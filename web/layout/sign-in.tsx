import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect } from "preact/hooks";
import { ProblemError } from "../client/request.ts";
import { refreshSession, signIn } from "../client/session.ts";
import type { Problem, Session } from "../client/shapes.ts";
import { CommandLine } from "../parts/as-command.tsx";
import { KeyId } from "../parts/key-id.tsx";
import { ProblemNote } from "../parts/notes.tsx";

const REASONS: Readonly<Record<string, string>> = {
  "not-allowed": "its key is trusted, but not in a group of operators",
  pending: "its key waits for an operator",
  unknown: "nobody has approved its key",
  revoked: "its key was revoked",
  retired: "its key was replaced by another one",
  ignored: "its key is ignored",
  expired: "its time is over",
  "not-yet-valid": "it is not valid yet",
  "key-changed": "the name in it belongs to another key",
  "name-changed": "it claims another name than was approved",
};

/** Who one is when one is nobody, and every way to get in. */
export function SignIn({
  session,
  link,
}: {
  readonly session: Session;
  readonly link: string | null;
}): VNode {
  const problem = useSignal<Problem | null>(null);
  const bearer = useSignal("");
  const isSpent = useSignal(false);
  const enter = async (by: Parameters<typeof signIn>[0]): Promise<void> => {
    try {
      problem.value = null;
      await signIn(by);
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      problem.value = error.problem;
      isSpent.value ||= "link" in by && error.problem.status === 401;
      await refreshSession();
    }
  };
  useEffect(() => {
    document.title = "Sign in · handclasp";
  }, []);
  const { refusal, signIn: ways, commands } = session;
  return (
    <main class="sign-in">
      <div class="sign-in-card">
        <svg class="brand-sign large" viewBox="0 0 32 32" aria-hidden="true">
          <rect width="32" height="32" rx="8" />
          <path d="M9 8v16M23 8v16M9 16c3-4.5 5-4.5 7 0s4 4.5 7 0" />
        </svg>
        <h1>Operators only</h1>
        {problem.value !== null && <ProblemNote problem={problem.value} />}
        {refusal !== null && (
          <div class="note note-warn">
            <p>
              Your browser showed a certificate
              {refusal.peer !== null && (
                <>
                  {" "}
                  that claims <bdi class="claim">{refusal.peer}</bdi>
                </>
              )}
              , but {REASONS[refusal.reason] ?? refusal.reason}.
            </p>
            {refusal.keyId !== null && <KeyId keyId={refusal.keyId} whole />}
          </div>
        )}
        {link !== null && !isSpent.value && ways.includes("link") ? (
          <>
            <p>You followed a link that signs you in once.</p>
            <button type="button" class="button primary wide" onClick={() => void enter({ link })}>
              Sign in with this link
            </button>
          </>
        ) : (
          <p>{refusal === null ? "Nobody is signed in here." : "Another way in:"}</p>
        )}
        {ways.includes("bearer") && (
          <form
            class="stack"
            onSubmit={(event) => {
              event.preventDefault();
              void enter({ bearer: bearer.value.trim() });
            }}
          >
            <label for="bearer">API token</label>
            <div class="joined">
              <input
                id="bearer"
                type="password"
                autocomplete="off"
                spellcheck={false}
                placeholder="hca1.…"
                value={bearer}
                onInput={(event) => (bearer.value = event.currentTarget.value)}
              />
              <button type="submit" class="button" disabled={bearer.value.trim() === ""}>
                Sign in
              </button>
            </div>
          </form>
        )}
        {ways.includes("certificate") && refusal === null && (
          <p class="dim">
            A client certificate of a trusted key in the group <code>operators</code> signs you in by itself:
            import it into this browser, close the browser, and come back.
          </p>
        )}
        {ways.includes("link") && link === null && commands.length === 0 && (
          <div class="stack">
            <p class="dim">Or have a new link printed, on the machine that this runs on:</p>
            <CommandLine line="handclasp ui" what="command" />
          </div>
        )}
        {commands.length > 0 && (
          <div class="stack">
            <p class="dim">Whoever runs the server lets you in by:</p>
            {commands.map((line) => (
              <CommandLine line={line} what="command" />
            ))}
          </div>
        )}
      </div>
    </main>
  );
}
