import { type ChildProcessByStdio, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { type Home, MAIN } from "../../cli/support/serve.ts";
import { PATIENCE_MS } from "../../support/patience.ts";

/** A verb that runs until it is interrupted and prints a line of JSON for each thing that happens. */
export class CliLines<Line> implements AsyncDisposable {
  readonly lines: Line[] = [];
  readonly #child: ChildProcessByStdio<null, Readable, null>;
  readonly #ended: Promise<number | null>;
  readonly #waiting = new Set<() => void>();

  constructor(home: Home, ...args: readonly string[]) {
    this.#child = spawn(process.execPath, [MAIN, ...args], {
      env: home.environment,
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.#ended = new Promise((resolve) => this.#child.on("close", resolve));
    createInterface({ input: this.#child.stdout }).on("line", (text) => {
      this.lines.push(JSON.parse(text) as Line);
      for (const wake of this.#waiting) wake();
    });
  }

  /** Resolves when there are as many lines. */
  async until(count: number): Promise<void> {
    while (this.lines.length < count) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const late = setTimeout(() => {
        reject(new Error(`${this.lines.length} of ${count} lines: ${JSON.stringify(this.lines)}`));
      }, PATIENCE_MS);
      this.#waiting.add(resolve);
      await promise.finally(() => {
        clearTimeout(late);
        this.#waiting.delete(resolve);
      });
    }
  }

  /** Interrupts it and gives its exit code. */
  async stop(): Promise<number | null> {
    this.#child.kill("SIGINT");
    return await this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

/** Runs a verb that prints JSON to its end. */
export async function json<T>(home: Home, ...args: readonly string[]): Promise<T> {
  const { code, stdout, stderr } = await home.run([...args, "--json"]);
  if (code !== 0) throw new Error(`${args.join(" ")} ended with ${code}: ${stderr}`);
  return JSON.parse(stdout) as T;
}
