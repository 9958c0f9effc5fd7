import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { sentenceOf } from "../../client/act.ts";
import { useResource } from "../../client/resource.ts";
import type { Challenge } from "../../client/shapes.ts";
import { ProblemNote } from "../../parts/notes.tsx";
import { answerOf, fillIn, type Typed } from "./word-blanks.ts";

export interface WordFormProps {
  /** Of the key. */
  readonly path: string;
  /** Another one when the words may be asked for anew. */
  readonly round: number;
  readonly onWords: (shown: { readonly id: string; readonly words: readonly string[] }) => Promise<void>;
}

/** The phrase with six blanks: its owner reads on, and what they say is typed in. */
export function WordForm({ path, round, onWords }: WordFormProps): VNode | null {
  const { value: challenge, problem, reload } = useResource<Challenge>(`${path}/comparison`);
  const typed = useSignal<Typed>({});
  const list = useRef<HTMLOListElement>(null);
  const asked = useRef("");
  useEffect(() => {
    if (round > 0) reload();
  }, [round]);
  const known = challenge.value;
  // No server was started yet, of whose key the words would be half.
  if (problem.value?.status === 409) return <p class="dim">{sentenceOf(problem.value)}</p>;
  if (problem.value !== null) return <ProblemNote problem={problem.value} retry={reload} />;
  if (known === null) return null;
  if (asked.current !== known.id) {
    asked.current = known.id;
    typed.value = {};
  }
  const answer = answerOf(known.words, typed.value);
  const type = (at: number, text: string): void => {
    typed.value = fillIn(known.words, typed.value, at, text);
    // A space ends a word: its owner reads on.
    if (/\s$/.test(text)) focusNext(at);
  };
  const focusNext = (at: number): void => {
    const inputs = [...(list.current?.querySelectorAll("input") ?? [])];
    inputs.find((input) => Number(input.dataset["at"]) > at)?.focus();
  };
  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (answer !== null) void onWords({ id: known.id, words: answer });
      }}
    >
      <h3>Or ask its owner to read on</h3>
      <ol class="words" ref={list}>
        {known.words.map((word, at) => (
          <li key={`${known.id} ${at}`}>
            <span class="word-number dim" aria-hidden="true">
              {at + 1}
            </span>
            {word === null ? (
              <input
                aria-label={`Word ${at + 1}`}
                data-at={at}
                autocomplete="off"
                autocapitalize="off"
                spellcheck={false}
                value={typed.value[at] ?? ""}
                onInput={(event) => type(at, event.currentTarget.value)}
              />
            ) : (
              <span class="word">{word}</span>
            )}
          </li>
        ))}
      </ol>
      <div class="actions">
        <button type="submit" class="button" disabled={answer === null}>
          Compare words
        </button>
        <span class="dim hint">Four letters of each are enough.</span>
      </div>
    </form>
  );
}
