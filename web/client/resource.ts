import { type ReadonlySignal, type Signal, useSignal, useSignalEffect } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { onTopic, type Topic } from "../stream/topics.ts";
import { Asking } from "./asking.ts";
import { ProblemError, request } from "./request.ts";
import { refreshSession } from "./session.ts";
import type { Problem } from "./shapes.ts";

/** What the API says at a path, as far as it is known. */
export interface Resource<T> {
  readonly value: ReadonlySignal<T | null>;
  readonly etag: ReadonlySignal<string | null>;
  readonly problem: ReadonlySignal<Problem | null>;
  /** Looks again. */
  readonly reload: () => void;
}

/**
 * Asks the API for `path`, and again whenever one of the topics may have changed; nothing for null. What was there stays
 * until there is something newer; an answer to a question that is no longer asked is dropped.
 */
export function useResource<T>(path: string | null, topics: readonly Topic[] = []): Resource<T> {
  const value: Signal<T | null> = useSignal(null);
  const etag: Signal<string | null> = useSignal(null);
  const problem: Signal<Problem | null> = useSignal(null);
  const round = useSignal(0);
  const asked = useSignal(path);
  const asking = useMemo(() => new Asking(() => (round.value += 1)), []);
  const shown = useRef(path);
  asked.value = path;

  useSignalEffect(() => {
    const wanted = asked.value;
    void round.value;
    if (wanted === null) return undefined;
    const stop = new AbortController();
    const answered = asking.begin();
    const ask = async (): Promise<void> => {
      try {
        const answer = await request<T>(wanted, { signal: stop.signal });
        if (stop.signal.aborted) return;
        shown.current = wanted;
        value.value = answer.value;
        etag.value = answer.etag;
        problem.value = null;
      } catch (error) {
        if (stop.signal.aborted) return;
        if (!(error instanceof ProblemError)) throw error;
        if (error.problem.status === 401) void refreshSession();
        // What is shown of another path is not an answer to this one.
        if (shown.current !== wanted || error.problem.status !== 0) value.value = null;
        problem.value = error.problem;
      } finally {
        answered();
      }
    };
    void ask();
    return () => stop.abort();
  });
  const reload = (): void => asking.lookAgain();
  useEffect(() => onTopic(topics, reload), [topics.join()]);
  return { value, etag, problem, reload };
}
