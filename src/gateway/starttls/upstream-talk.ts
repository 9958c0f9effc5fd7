/** What an upstream says to a client that it does not know to have TLS, by lines. */
export interface UpstreamRules {
  /** What becomes of a line of its greeting; undefined for what is none. */
  greeting(line: string): GreetingLine | undefined;
  /** Leaves out of its later lines that it offers TLS. Lines have their ends. */
  readonly createRewriter: () => LineRewriter;
  /** The first words of a command of the client that, once it succeeded, ends the talk in which TLS is offered, or by lines. */
  readonly lastCommand: RegExp;
  readonly success: RegExp;
}

/** `more`: another line belongs to it. `turns-away`: the client hears it, for it answers whatever the client says next. */
export type GreetingLine = "more" | "last" | "turns-away";

export interface LineRewriter {
  /** What the client hears instead of a line; later, where that depends on the next. */
  rewrite(line: string): string;
  /** What is left when no line comes any more. */
  rest(): string;
}

/** A greeting or a line that is longer is none that we have to do with. */
const LONGEST_LINE = 64 * 1024;
/** Where a command of a client begins. */
const LONGEST_COMMAND = 512;

/**
 * The upstream's side of a connection whose client asked for TLS in the clear: its greeting is for nobody, as the client
 * was greeted, and that it offers TLS is left out. No I/O.
 */
export class UpstreamTalk {
  readonly #rules: UpstreamRules;
  readonly #rewriter: LineRewriter;
  #state: "greeting" | "talking" | "over" = "greeting";
  #kept = "";
  #command = "";
  #saidLast = false;

  constructor(rules: UpstreamRules) {
    this.#rules = rules;
    this.#rewriter = rules.createRewriter();
  }

  /** Whether the upstream has greeted: before that it is told nothing. */
  get hasGreeted(): boolean {
    return this.#state !== "greeting";
  }

  /** What the client hears of what the upstream said. Throws for what is no greeting. */
  read(bytes: Uint8Array): Uint8Array {
    if (this.#state === "over") return bytes;
    this.#kept += Buffer.from(bytes).toString("latin1");
    let heard = "";
    for (let end = this.#kept.indexOf("\n"); end >= 0 && !this.#isOver; end = this.#kept.indexOf("\n")) {
      const line = this.#kept.slice(0, end + 1);
      this.#kept = this.#kept.slice(end + 1);
      heard += this.#readLine(line);
    }
    if (this.#kept.length > LONGEST_LINE) {
      if (this.#state === "greeting") throw new Error("the upstream greets longer than any such server does");
      this.#state = "over";
    }
    if (this.#isOver) heard += this.#rest();
    return Buffer.from(heard, "latin1");
  }

  /** Told what the client said, before the upstream gets it. */
  heard(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length && !this.#saidLast;) {
      const end = bytes.indexOf(NEWLINE, at);
      const line = bytes.subarray(at, end < 0 ? undefined : end);
      this.#command += Buffer.from(line.subarray(0, LONGEST_COMMAND + 1)).toString("latin1");
      // Whatever that is, nothing is held back behind it.
      this.#saidLast = this.#command.length > LONGEST_COMMAND || this.#rules.lastCommand.test(this.#command);
      if (end < 0) return;
      this.#command = "";
      at = end + 1;
    }
  }

  /** What the client did not hear yet, once the upstream says nothing more. Throws when that was no greeting. */
  end(): Uint8Array {
    if (this.#state === "greeting") throw new Error("the upstream ended the connection without a greeting");
    return Buffer.from(this.#rest(), "latin1");
  }

  get #isOver(): boolean {
    return this.#state === "over";
  }

  #readLine(line: string): string {
    if (this.#state === "talking") {
      if (this.#saidLast && this.#rules.success.test(line)) this.#state = "over";
      return this.#rewriter.rewrite(line);
    }
    switch (this.#rules.greeting(line)) {
      case "more":
        return "";
      case "last":
        this.#state = "talking";
        return "";
      case "turns-away":
        this.#state = "over";
        return line;
      case undefined:
        throw new Error("the upstream greets as no such server does");
    }
  }

  #rest(): string {
    const rest = this.#rewriter.rest() + this.#kept;
    this.#kept = "";
    return rest;
  }
}

const NEWLINE = 0x0a;
