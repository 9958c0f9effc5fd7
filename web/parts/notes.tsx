import type { ComponentChildren, VNode } from "preact";
import { sentenceOf } from "../client/act.ts";
import type { Problem } from "../client/shapes.ts";
import { Sign } from "./sign.tsx";

/** A list without rows: what that means, and what to do next. */
export function Empty({
  title,
  children,
}: {
  readonly title: string;
  readonly children?: ComponentChildren;
}): VNode {
  return (
    <div class="empty">
      <p class="empty-title">{title}</p>
      {children}
    </div>
  );
}

/** What went wrong, where it went wrong. */
export function ProblemNote({
  problem,
  retry,
}: {
  readonly problem: Problem;
  readonly retry?: () => void;
}): VNode {
  return (
    <div class="note note-bad" role="alert">
      <p>
        <Sign name="cross" />
        {sentenceOf(problem)}
      </p>
      {retry !== undefined && (
        <button type="button" class="button small" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  );
}

/** While the first answer is on its way. */
export function Loading(): VNode {
  return (
    <p class="loading dim" role="status">
      Loading…
    </p>
  );
}
