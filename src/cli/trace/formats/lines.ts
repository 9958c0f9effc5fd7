import type { TraceWriter } from "./writer.ts";

/** Takes the lines of one connection, one or several at a time, without the last line's end. */
export interface Lines {
  add(lines: string): void;
  /** Nothing more comes; if it turns out not to be wanted, what was not written yet never is. */
  end(isWanted: boolean): void;
}

/** What is kept of one connection, in characters, until it ends. */
const MOST_KEPT = 256 * 1024;

/**
 * All lines of a connection together: people read one handshake after the other. Of one that has more to tell than
 * anybody wants to keep, part after part.
 */
export class GroupedLines implements Lines {
  readonly #writer: TraceWriter;
  readonly #goesOn: string;
  #kept: string[] = [];
  #length = 0;
  #isBegun = false;

  /** `goesOn` is the line above later parts. */
  constructor(writer: TraceWriter, goesOn: string) {
    this.#writer = writer;
    this.#goesOn = goesOn;
  }

  add(lines: string): void {
    this.#kept.push(lines, "\n");
    this.#length += lines.length + 1;
    if (this.#length <= MOST_KEPT) return;
    this.#writer.write(this.#kept.join(""));
    this.#kept = [this.#goesOn, "\n"];
    this.#length = 0;
    this.#isBegun = true;
  }

  end(isWanted: boolean): void {
    const isEmpty = this.#isBegun && this.#length === 0;
    if (isWanted && !isEmpty) this.#writer.write(this.#kept.join(""));
    this.#kept = [];
  }
}

/** Lines as they come, of several connections at once: whenever another one goes on, a line says so. */
export class MingledLines {
  readonly #writer: TraceWriter;
  #last: Lines | undefined;

  constructor(writer: TraceWriter) {
    this.#writer = writer;
  }

  /** The lines of one connection; `goesOn` is the line above those that others' have parted. */
  of(goesOn: string): Lines {
    let isBegun = false;
    const lines: Lines = {
      add: (text) => {
        const isParted = isBegun && this.#last !== lines;
        this.#writer.write(isParted ? `${goesOn}\n${text}\n` : `${text}\n`);
        isBegun = true;
        this.#last = lines;
      },
      end: () => undefined,
    };
    return lines;
  }
}
