import type { ComponentChildren, VNode } from "preact";
import type { Pages } from "../client/pages.ts";
import { Loading, ProblemNote } from "./notes.tsx";

export interface PagedProps<T> {
  readonly pages: Pages<T>;
  /** Instead of no row at all. */
  readonly empty: ComponentChildren;
  readonly children: (items: readonly T[]) => ComponentChildren;
}

/** A list of the API, with a button for what comes behind it. */
export function Paged<T>({ pages, empty, children }: PagedProps<T>): VNode {
  const items = pages.items.value;
  const problem = pages.problem.value;
  if (items === null) {
    return problem === null ? <Loading /> : <ProblemNote problem={problem} retry={pages.reload} />;
  }
  return (
    <>
      {problem !== null && problem.status !== 0 && <ProblemNote problem={problem} retry={pages.reload} />}
      {items.length === 0 ? empty : children(items)}
      {pages.more !== null && (
        <p class="more">
          <button type="button" class="button" onClick={pages.more}>
            Show more
          </button>
        </p>
      )}
    </>
  );
}
