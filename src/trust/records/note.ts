import { HandclaspError } from "../../errors.ts";

/** How long a note may be, in characters. */
const MOST_NOTE = 1000;

/** A note as it is kept: without white space around it; null when nothing is left. It may have several lines. */
export function toNote(text: string): string | null {
  const note = text.trim();
  const length = Array.from(note).length;
  if (length > MOST_NOTE || !note.isWellFormed() || FORBIDDEN.test(note)) {
    throw new HandclaspError(
      "ERR_HANDCLASP_OPTION",
      length > MOST_NOTE
        ? `a note has at most ${MOST_NOTE} characters, not ${length}`
        : "a note may have no control characters but tabs and ends of lines",
    );
  }
  return note === "" ? null : note;
}

// oxlint-disable-next-line no-control-regex -- what a terminal acts on has no place in a note.
const FORBIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/u;
