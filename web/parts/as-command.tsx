import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { ProblemError, request } from "../client/request.ts";
import type { Problem } from "../client/shapes.ts";
import { CopyButton } from "./copy-button.tsx";
import { ProblemNote } from "./notes.tsx";

interface Lines {
  readonly command: string;
  readonly curl: string;
}

/** An act as data: what `POST /v1/commands` takes. */
export type ActData = Readonly<Record<string, unknown>> & { readonly act: string };

/** What a click here is as a command line and as a request, asked for when it is unfolded. */
export function AsCommand({ acts }: { readonly acts: readonly ActData[] }): VNode {
  const lines = useSignal<readonly Lines[]>([]);
  const problem = useSignal<Problem | null>(null);
  const wanted = JSON.stringify(acts);
  const known = useSignal("");
  const unfold = async (open: boolean): Promise<void> => {
    if (!open || known.value === wanted) return;
    try {
      const asked = acts.map((act) => request<Lines>("/v1/commands", { method: "POST", body: act }));
      lines.value = (await Promise.all(asked)).map(({ value }) => value);
      known.value = wanted;
      problem.value = null;
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      problem.value = error.problem;
    }
  };
  return (
    <details class="as-command" onToggle={(event) => void unfold(event.currentTarget.open)}>
      <summary>As command or curl</summary>
      {problem.value !== null && <ProblemNote problem={problem.value} />}
      {lines.value.map((each) => (
        <CommandLines {...each} />
      ))}
    </details>
  );
}

/** A command line, and the same by curl, each to copy. */
export function CommandLines({ command, curl }: Lines): VNode {
  return (
    <div class="command-lines">
      <CommandLine line={command} what="command" />
      <CommandLine line={curl} what="curl" />
    </div>
  );
}

/** A line to copy. */
export function CommandLine({ line, what }: { readonly line: string; readonly what: string }): VNode {
  return (
    <div class="command-line">
      <code tabIndex={0}>{line}</code>
      <CopyButton text={line} what={what} />
    </div>
  );
}
