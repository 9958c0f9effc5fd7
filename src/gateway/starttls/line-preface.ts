import type { Preface, PrefaceStep } from "./preface.ts";

/** How a protocol of lines answers a command before TLS. */
export type LineAnswer =
  /** An answer of one line or more. */
  | { readonly next: "read-on" | "begin-tls"; readonly answer: string }
  | { readonly next: "end"; readonly answer: string };

const TLS_HANDSHAKE = 0x16;
/** Longer than any line that a client has a reason to say before TLS. */
const LONGEST_LINE = 4096;

/** A preface of lines; lines are given without their ends, and answers have none. */
export function createLinePreface(greeting: string, answer: (line: string) => LineAnswer): Preface {
  return {
    greeting: `${greeting}\r\n`,
    read(bytes): PrefaceStep | undefined {
      if (bytes[0] === TLS_HANDSHAKE)
        return { next: "end", problem: "the client began TLS without asking for it" };
      const length = bytes.indexOf("\n") + 1;
      if (length > LONGEST_LINE || (length === 0 && bytes.length > LONGEST_LINE))
        return { next: "end", problem: "the client said a line that is longer than any command" };
      if (length === 0) return undefined;
      const said = answer(bytes.toString("latin1", 0, length).trimEnd());
      const text = `${said.answer}\r\n`;
      return said.next === "end" ? { next: "end", answer: text } : { next: said.next, length, answer: text };
    },
  };
}
