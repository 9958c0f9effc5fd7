import { type ReadonlySignal, useSignal, useSignalEffect } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { onTopic, type Topic } from "../stream/topics.ts";
import { Asking } from "./asking.ts";
import { ProblemError, request } from "./request.ts";
import type { Problem } from "./shapes.ts";

interface ListAnswer<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

/** A list of the API as far as it was asked for. */
export interface Pages<T> {
  /** Null until there is an answer. */
  readonly items: ReadonlySignal<readonly T[] | null>;
  readonly problem: ReadonlySignal<Problem | null>;
  /** Asks for more; null at the end. */
  readonly more: (() => void) | null;
  readonly reload: () => void;
}

const PAGE = 50;
const MOST = 500;

/** Asks for the first rows of a list, for more when one wants them, and again when one of the topics may have changed. */
export function usePages<T>(path: string, topics: readonly Topic[] = []): Pages<T> {
  const items = useSignal<readonly T[] | null>(null);
  const next = useSignal<string | null>(null);
  const problem = useSignal<Problem | null>(null);
  const round = useSignal(0);
  const asked = useSignal(path);
  const shown = useRef(path);
  const asking = useMemo(() => new Asking(() => (round.value += 1)), []);
  asked.value = path;
  const load = async (
    from: string,
    limit: number,
    cursor: string | null,
    signal?: AbortSignal,
  ): Promise<void> => {
    const query = `${from.includes("?") ? "&" : "?"}limit=${limit}`;
    const where = cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    try {
      const { value } = await request<ListAnswer<T>>(
        `${from}${query}${where}`,
        signal === undefined ? {} : { signal },
      );
      if (signal?.aborted === true || asked.peek() !== from) return;
      shown.current = from;
      items.value = cursor === null ? value.items : [...(items.peek() ?? []), ...value.items];
      next.value = value.next;
      problem.value = null;
    } catch (error) {
      if (signal?.aborted === true) return;
      if (!(error instanceof ProblemError)) throw error;
      if (shown.current !== from) items.value = null;
      problem.value = error.problem;
    }
  };
  useSignalEffect(() => {
    const from = asked.value;
    void round.value;
    const stop = new AbortController();
    const known = shown.current === from ? (items.peek()?.length ?? 0) : 0;
    const answered = asking.begin();
    void load(from, Math.min(MOST, Math.max(PAGE, known)), null, stop.signal).finally(answered);
    return () => stop.abort();
  });
  const reload = (): void => asking.lookAgain();
  useEffect(() => onTopic(topics, reload), [topics.join()]);
  const cursor = next.value;
  return {
    items,
    problem,
    more: cursor === null ? null : () => void load(asked.peek(), PAGE, cursor),
    reload,
  };
}
