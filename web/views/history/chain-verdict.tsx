import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect } from "preact/hooks";
import { sentenceOf } from "../../client/act.ts";
import type { AuditHead, AuditVerified } from "../../client/list-shapes.ts";
import { ProblemError, request } from "../../client/request.ts";
import { useResource } from "../../client/resource.ts";
import { ProblemNote } from "../../parts/notes.tsx";
import { Sign } from "../../parts/sign.tsx";
import { CopyButton } from "../../parts/copy-button.tsx";

/** While the server is at it. */
const LOOK_AGAIN_MS = 1_000;
const COUNT = new Intl.NumberFormat();

/** Whether the events are those that were written, as far as anybody looked. */
export function ChainVerdict(): VNode | null {
  const { value, problem, reload } = useResource<AuditHead>("/v1/audit/head", ["change", "health"]);
  const verdict = useSignal<AuditVerified | null>(null);
  const busy = useSignal(false);
  const failure = useSignal<string | null>(null);
  const verify = async (): Promise<void> => {
    busy.value = true;
    try {
      const answer = await request<AuditVerified>("/v1/audit/verify", { method: "POST", body: {} });
      verdict.value = answer.value;
      failure.value = null;
      reload();
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      failure.value = sentenceOf(error.problem);
    } finally {
      busy.value = false;
    }
  };
  const known = value.value;
  const isBehind = known !== null && known.broken === null && known.verified < known.head.sequence;
  useEffect(() => {
    if (!isBehind) return undefined;
    const again = setTimeout(reload, LOOK_AGAIN_MS);
    return () => clearTimeout(again);
  }, [known]);
  if (known === null) {
    return problem.value === null ? null : <ProblemNote problem={problem.value} retry={reload} />;
  }
  const { verified } = known;
  const { sequence, hash } = known.head;
  const broken = wordsOf(known.broken) ?? verdict.value?.problem ?? null;
  const isWhole = broken === null && verified >= sequence;
  return (
    <div class={`note ${broken !== null ? "note-bad" : isWhole ? "note-good" : "note-warn"}`} role="status">
      <p class="said">
        <Sign name={broken !== null ? "cross" : isWhole ? "check" : "half"} />{" "}
        {broken ??
          (isWhole
            ? `Verified to head ${COUNT.format(sequence)}`
            : `Verified to ${COUNT.format(verified)} of ${COUNT.format(sequence)} events`)}{" "}
        <code class="hash" title={hash}>
          {hash.slice(0, 16)}…
        </code>
        {failure.value !== null && <> {failure.value}</>}
      </p>
      <div class="actions">
        <CopyButton text={`${sequence} ${hash}`} what="head of the chain" />
        <button type="button" class="button small" disabled={busy.value} onClick={() => void verify()}>
          {busy.value ? "Verifying…" : "Verify all anew"}
        </button>
      </div>
    </div>
  );
}

function wordsOf(broken: AuditHead["broken"]): string | null {
  return broken === null ? null : `The chain is broken at event ${broken.sequence}: ${broken.problem}`;
}
