import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { sentenceOf } from "../client/act.ts";
import { ProblemError, request } from "../client/request.ts";
import { useResource } from "../client/resource.ts";
import { may } from "../client/session.ts";
import type { Compared, KeyDetail, Problem } from "../client/shapes.ts";
import { KeyId } from "../parts/key-id.tsx";
import { KeyState } from "../parts/key-state.tsx";
import { Claim } from "../parts/names.tsx";
import { Loading, ProblemNote } from "../parts/notes.tsx";
import { Time } from "../parts/time.tsx";
import { ViewHead } from "../parts/view-head.tsx";
import { toHref } from "../route.ts";
import { route } from "../router.ts";
import { ApproveForm } from "./compare/approve-form.tsx";
import { CodeScanner } from "./compare/code-scanner.tsx";
import { ComparisonResult } from "./compare/comparison-result.tsx";
import { PasteForm } from "./compare/paste-form.tsx";
import type { ShownOfKey } from "./compare/read-shown.ts";
import { WordForm } from "./compare/word-form.tsx";

type Shown = ShownOfKey | { readonly id: string; readonly words: readonly string[] };

/** Whether a key that waits is the one that its owner has; the server says it, and then it can be approved. */
export function CompareView(): VNode {
  const keyId = route.value.key ?? "";
  const path = `/v1/keys/${encodeURIComponent(keyId)}`;
  const { value: known, etag, problem: trouble, reload } = useResource<KeyDetail>(path, ["change"]);
  const compared = useSignal<(Compared & { readonly version: number }) | null>(null);
  const problem = useSignal<Problem | null>(null);
  const round = useSignal(0);
  const key = known.value;
  if (key === null) {
    return (
      <>
        <ViewHead title="Compare" name="Compare" />
        {trouble.value === null ? <Loading /> : <ProblemNote problem={trouble.value} retry={reload} />}
      </>
    );
  }
  const compare = async (shown: Shown): Promise<void> => {
    problem.value = null;
    try {
      const { value } = await request<Compared>(`${path}/compare`, { method: "POST", body: shown });
      compared.value = { ...value, version: key.version };
      if (value.equal) return;
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      compared.value = null;
      problem.value = error.problem;
    }
    round.value += 1;
  };
  const { claim } = key;
  const result = compared.value?.version === key.version ? compared.value : null;
  const name = claim ?? "this key";
  return (
    <div class="compare">
      <ViewHead
        title={
          <>
            Is this really <bdi class="claim">{name}</bdi>?
          </>
        }
        name={`Compare ${name}`}
      >
        <KeyState {...key} />
      </ViewHead>
      <section class="card compare-key" aria-label="The key that waits">
        <p>
          <Claim name={claim} /> <span class="dim">since</span> <Time at={key.firstSeen} />
          {key.address !== null && (
            <>
              {" "}
              <span class="dim">from</span> <span class="mono">{key.address}</span>
            </>
          )}
          {key.tries > 0 && <span class="dim">, {key.tries === 1 ? "1 try" : `${key.tries} tries`}</span>}
        </p>
        <KeyId keyId={key.keyId} whole />
      </section>
      {key.state !== "pending" && key.state !== "ignored" && key.newName === null && (
        <div class="note note-warn">
          <p>This key does not wait for an operator.</p>
          <a class="button small" href={toHref("peer", {}, key.keyId)}>
            Look at it
          </a>
        </div>
      )}
      {may("approve") ? (
        <div class="compare-columns">
          <section class="card" aria-labelledby="ways">
            <h2 id="ways">Have its owner show it</h2>
            <CodeScanner onText={compare} />
            <PasteForm onShown={compare} />
            <WordForm path={path} round={round.value} onWords={compare} />
          </section>
          <div class="compare-end">
            <div class="result" role="status">
              {problem.value !== null && (
                <div class="note note-bad">
                  <p>{sentenceOf(problem.value)}</p>
                </div>
              )}
              {result !== null && <ComparisonResult {...result} name={name} />}
            </div>
            <ApproveForm shown={key} etag={etag.value} compared={result} onRefused={reload} />
          </div>
        </div>
      ) : (
        <div class="note note-warn">
          <p>You may look at keys, and not approve them.</p>
        </div>
      )}
    </div>
  );
}
