import assert from "node:assert/strict";
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import { PATIENCE_MS } from "../../support/patience.ts";

/** One command of a guide page, and what it says there that it prints. */
export interface Step {
  readonly command: string;
  readonly output: string;
}

/** All commands of a page in their order: each `$ ` of a block `console`, up to the next one or the end of the block. */
export function stepsOf(page: string): readonly Step[] {
  const blocks = Array.from(page.matchAll(/^```console\n(.*?)^```$/gms), ([, block = ""]) => block);
  return blocks.flatMap((block) =>
    block
      .split(/^\$ /m)
      .slice(1)
      .map((text) => {
        const lines = text.split("\n");
        // A line that ends with a backslash goes on in the next one.
        const end = lines.findIndex((line) => !line.endsWith("\\")) + 1;
        return { command: lines.slice(0, end).join("\n"), output: lines.slice(end).join("\n").trimEnd() };
      }),
  );
}

/** What differs from one run to the next. */
const VARIES: readonly (readonly [RegExp, string])[] = [
  [/\b[A-Z2-7]{7}-[A-Z2-7]{7}(?:-[A-Z2-7]{5,7})*(?:…|\b)/g, "KEY-ID"],
  [/\b\d{4}-\d\d-\d\dT[\d:.]+Z/g, "TIME"],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, "UUID"],
  [/\b[0-9a-f]{8,64}\b(?:…)?/g, "HEX"],
  [/\b\d+(?:\.\d+)? (?:ms|s|min)\b/g, "A WHILE"],
  // How far a machine said last that it is.
  [/\b\d+ +\d+ HEX/g, "POSITION HEAD"],
  [/ {2,}/g, "  "],
];

/** What a command printed, without what differs from one run to the next. */
export function comparable(text: string): string {
  return VARIES.reduce((said, [pattern, word]) => said.replace(pattern, word), text).trimEnd();
}

const DONE = "--- that was it, with";

/** A shell that keeps what one command leaves for the next. */
export class Shell implements AsyncDisposable {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  #said = "";
  #wake: () => void = () => undefined;

  constructor(folder: string, env: NodeJS.ProcessEnv) {
    this.#child = spawn("bash", ["--noprofile", "--norc"], {
      cwd: folder,
      env,
      stdio: ["pipe", "pipe", "ignore"],
    });
    this.#child.stdout.setEncoding("utf8").on("data", (text: string) => {
      this.#said += text;
      this.#wake();
    });
  }

  /** What it prints, on whichever stream. */
  async run(command: string): Promise<string> {
    this.#said = "";
    this.#child.stdin.write(`{ ${command}\n} 2>&1; echo "${DONE} $?"\n`);
    const end = performance.now() + PATIENCE_MS;
    for (;;) {
      const at = this.#said.indexOf(DONE);
      if (at >= 0 && this.#said.endsWith("\n")) return this.#said.slice(0, at);
      assert.ok(this.#child.exitCode === null && performance.now() < end, `${command}\n${this.#said}`);
      await Promise.race([
        new Promise<void>((resolve) => (this.#wake = resolve)),
        new Promise((resolve) => setTimeout(resolve, 1000)),
      ]);
    }
  }

  /** Ends what it left running, too. */
  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#child, "close");
    this.#child.stdin.end("kill $(jobs -p) 2>/dev/null; wait\n");
    await ended;
  }
}
