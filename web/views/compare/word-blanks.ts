import { toWords } from "./read-shown.ts";

/** The words of a phrase, null where one is to be filled in. */
export type Words = readonly (string | null)[];

/** What was typed so far, by place. */
export type Typed = Readonly<Record<number, string>>;

/** Places of the blanks, from 0. */
export function blanksOf(words: Words): readonly number[] {
  return words.flatMap((word, at) => (word === null ? [at] : []));
}

/**
 * What is there after `text` was typed or pasted into a blank: several words fill the blanks behind it too, and all twelve
 * of a phrase go where they belong.
 */
export function fillIn(words: Words, typed: Typed, at: number, text: string): Typed {
  const pasted = toWords(text);
  if (pasted.length < 2) return { ...typed, [at]: text.trim().toLowerCase() };
  const blanks = blanksOf(words);
  const places = pasted.length === words.length ? blanks : blanks.slice(blanks.indexOf(at));
  const entries = places.flatMap((place, index) => {
    const word = pasted.length === words.length ? pasted[place] : pasted[index];
    return word === undefined ? [] : [[place, word] as const];
  });
  return { ...typed, ...Object.fromEntries(entries) };
}

/** The missing words in their order; null while one is missing. */
export function answerOf(words: Words, typed: Typed): readonly string[] | null {
  const answer = blanksOf(words).map((at) => typed[at] ?? "");
  return answer.includes("") ? null : answer;
}
