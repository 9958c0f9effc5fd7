import { useSignal } from "@preact/signals";
import type { ComponentChildren, VNode } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { type ListAnswer, PagedList } from "../client/paged-list.ts";
import { ProblemError, request } from "../client/request.ts";
import type { Problem } from "../client/shapes.ts";
import { refreshSession } from "../client/session.ts";
import { onTopic, type Topic } from "../stream/topics.ts";
import { Loading, ProblemNote } from "./notes.tsx";

export interface VirtualListProps<T> {
  /** What the rows are, for who hears the page. */
  readonly label: string;
  /** Names its grid in the style sheet. */
  readonly kind: string;
  readonly columns: readonly string[];
  /** Of the API, with what is searched for and without a cursor. */
  readonly path: string;
  readonly topics: readonly Topic[];
  /** What no two rows have in common. */
  readonly keyOf: (item: T) => string;
  /** The cells of a row. */
  readonly row: (item: T) => ComponentChildren;
  /** More of a row's class, by what it is. */
  readonly rowClass?: (item: T) => string;
  /** Instead of no row at all. */
  readonly empty: ComponentChildren;
  readonly onFirst?: (answer: ListAnswer<T>) => void;
}

/** Beyond what is seen, on both sides. */
const MORE_ROWS = 12;
const GUESSED_HEIGHT = 49;
const PAGE_LIMIT = 200;

/** A list of any length, of which those rows are there that are looked at. It scrolls with the page. */
export function VirtualList<T>(props: VirtualListProps<T>): VNode {
  const { path, label, kind, columns, keyOf, row, rowClass, empty, topics, onFirst } = props;
  const problem = useSignal<Problem | null>(null);
  const height = useSignal(GUESSED_HEIGHT);
  const seen = useSignal<readonly [from: number, to: number]>([0, 40]);
  const round = useSignal(0);
  const body = useRef<HTMLDivElement>(null);
  const list = useMemo(
    () =>
      new PagedList<T>(async (cursor) => {
        const joint = path.includes("?") ? "&" : "?";
        const from = cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`;
        const { value } = await request<ListAnswer<T>>(`${path}${joint}limit=${PAGE_LIMIT}${from}`);
        if (cursor === null) onFirst?.(value);
        problem.value = null;
        return value;
      }),
    [path, round.value],
  );
  // What was found before stays until there is something of what is asked for now.
  const shown = useSignal(list);
  const tried = (work: Promise<void>): void => {
    work.catch((error: unknown) => {
      if (!(error instanceof ProblemError)) throw error;
      if (error.problem.status === 401) void refreshSession();
      problem.value = error.problem;
    });
  };

  useEffect(() => {
    const look = (): void => {
      const box = body.current?.getBoundingClientRect();
      if (box === undefined) return;
      const first = body.current?.querySelector<HTMLElement>("[role=row]");
      if (first !== null && first !== undefined && first.offsetHeight > 0) height.value = first.offsetHeight;
      const from = Math.max(0, Math.floor(-box.top / height.value) - MORE_ROWS);
      const to = Math.ceil((innerHeight - box.top) / height.value) + MORE_ROWS;
      const [formerFrom, formerTo] = seen.value;
      if (from !== formerFrom || to !== formerTo) seen.value = [from, to];
      tried(list.show(from, to));
    };
    const begin = async (): Promise<void> => {
      await list.show(0, 1);
      shown.value = list;
      look();
    };
    tried(begin());
    addEventListener("scroll", look, { passive: true });
    addEventListener("resize", look);
    const stopTopics = onTopic(topics, () => tried(list.refresh(...seen.value)));
    return () => {
      list.stop();
      removeEventListener("scroll", look);
      removeEventListener("resize", look);
      stopTopics();
    };
  }, [list]);

  const known = shown.value;
  const count = known.count;
  if (problem.value !== null && (count === 0 || known !== list)) {
    return <ProblemNote problem={problem.value} retry={() => (round.value += 1)} />;
  }
  if (count === 0) return known.isWhole ? <>{empty}</> : <Loading />;
  const [from, to] = [Math.min(seen.value[0], count), Math.min(seen.value[1], count)];
  const places = Array.from({ length: Math.max(0, to - from) }, (_, index) => from + index);
  const below = (count - to + (known.isWhole ? 0 : MORE_ROWS)) * height.value;
  return (
    <div
      class={`table table-${kind}`}
      role="table"
      aria-label={label}
      aria-rowcount={known.isWhole ? count + 1 : -1}
    >
      <div class="table-head" role="rowgroup">
        <div class="row" role="row" aria-rowindex={1}>
          {columns.map((column) => (
            <span role="columnheader">{column}</span>
          ))}
        </div>
      </div>
      <div class="table-body" role="rowgroup" ref={body}>
        <div class="spacer" role="presentation" style={{ height: `${from * height.value}px` }} />
        {places.map((place) => {
          const item = known.at(place);
          if (item === undefined)
            return <div class="row row-empty" role="row" key={place} aria-rowindex={place + 2} />;
          return (
            <div
              class={`row ${rowClass?.(item) ?? ""}`}
              role="row"
              key={keyOf(item)}
              aria-rowindex={place + 2}
              tabIndex={-1}
              data-stop
            >
              {row(item)}
            </div>
          );
        })}
        <div class="spacer" role="presentation" style={{ height: `${below}px` }} />
      </div>
    </div>
  );
}
