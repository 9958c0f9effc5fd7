import { type ChildProcessByStdio, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { PATIENCE_MS } from "../../support/patience.ts";

/** The command line: bundled as it is published if scripts/test.ts runs the tests, else as it runs from a checkout. */
export const MAIN: string =
  process.env["HANDCLASP_MAIN"] ?? join(import.meta.dirname, "../../../src/cli/main.ts");

/** A line of the server's JSON log. */
export interface LogLine {
  readonly event: string;
  readonly [field: string]: unknown;
}

export interface RunResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A data folder of its own for one test. */
export class Home implements Disposable {
  readonly folder: string = mkdtempSync(join(tmpdir(), "handclasp-test-"));
  readonly store: string = join(this.folder, "handclasp", "trust.db");
  readonly knownServers: string = join(this.folder, "handclasp", "known_servers.db");

  path(...names: string[]): string {
    return join(this.folder, ...names);
  }

  get environment(): NodeJS.ProcessEnv {
    const { HANDCLASP_STORE: _, ...inherited } = process.env;
    return { ...inherited, XDG_DATA_HOME: this.folder, NO_COLOR: "1" };
  }

  /** Runs a verb to its end. */
  run(args: readonly string[], input: string = ""): Promise<RunResult> {
    return runToEnd(process.execPath, [MAIN, ...args], { input, environment: this.environment });
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Waits for what another process writes without an event to wait for. */
export async function until(isSo: () => boolean): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (!isSo()) {
    if (performance.now() > end) throw new Error(`it never came to ${isSo.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Runs a program to its end. */
export function runToEnd(
  program: string,
  args: readonly string[],
  options: {
    readonly input?: string;
    readonly environment?: NodeJS.ProcessEnv;
    readonly timeoutMs?: number;
    readonly cwd?: string;
  } = {},
): Promise<RunResult> {
  const { environment = process.env, timeoutMs = PATIENCE_MS, cwd } = options;
  const child = spawn(program, args, { env: environment, timeout: timeoutMs, cwd });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  child.stdin.on("error", () => undefined);
  child.stdin.end(options.input ?? "");
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
}

/** A `serve` process that listens. */
export class RunningServer implements AsyncDisposable {
  readonly host: string;
  readonly port: number;
  readonly pin: string;
  readonly keyId: string;
  /** The line that says that it listens. */
  readonly ready: LogLine;
  readonly #child: ChildProcessByStdio<Writable | null, Readable, Readable>;
  readonly #lines: LogLine[];
  readonly #output: { text: string };
  readonly #exit: Promise<number | null>;
  readonly #waiting: Set<() => void>;

  constructor(process: StartedProcess, ready: LogLine) {
    this.#child = process.child;
    this.#lines = process.lines;
    this.#output = process.output;
    this.#exit = process.exit;
    this.#waiting = process.waiting;
    this.ready = ready;
    this.host = String(ready["host"]);
    this.port = Number(ready["port"]);
    this.pin = String(ready["pin"]);
    this.keyId = String(ready["keyId"]);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get address(): string {
    return `${this.host}:${this.port}`;
  }

  get stdout(): string {
    return this.#output.text;
  }

  get log(): readonly LogLine[] {
    return this.#lines;
  }

  /** The next line of the log that fits, from the first line on. */
  async logged(fits: (line: LogLine) => boolean): Promise<LogLine> {
    for (;;) {
      const found = this.#lines.find(fits);
      if (found !== undefined) return found;
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const late = setTimeout(
        () => reject(new Error(`not logged: ${JSON.stringify(this.#lines)}`)),
        PATIENCE_MS,
      );
      this.#waiting.add(resolve);
      await promise.finally(() => {
        clearTimeout(late);
        this.#waiting.delete(resolve);
      });
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Ends it and gives its exit code. */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<number | null> {
    this.#child.kill(signal);
    return await this.#exit;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

interface StartedProcess {
  readonly child: ChildProcessByStdio<Writable | null, Readable, Readable>;
  readonly lines: LogLine[];
  readonly output: { text: string };
  readonly exit: Promise<number | null>;
  readonly waiting: Set<() => void>;
}

/** Starts `serve --json` on a free port; resolves when it listens, rejects with its stderr when it ends instead. */
export function startServe(home: Home, args: readonly string[] = []): Promise<RunningServer> {
  return startServer(home, ["serve", ...args]);
}

/** The same for any verb that listens. `limits` are what bash's `ulimit` takes, `-n 100`. */
export async function startServer(
  home: Home,
  verb: readonly string[],
  limits?: string,
): Promise<RunningServer> {
  const says = verb[0] === "forward" || verb.includes("--listen") || verb.includes("--config");
  const listen = says ? [] : ["--listen", "127.0.0.1:0"];
  const command = [process.execPath, MAIN, ...verb, "--json", ...listen];
  const limited = limits === undefined ? [] : ["bash", "-c", `ulimit ${limits}; exec "$@"`, "bash"];
  const [program = "", ...args] = [...limited, ...command];
  const child = spawn(program, args, {
    env: home.environment,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const lines: LogLine[] = [];
  const output = { text: "" };
  const waiting = new Set<() => void>();
  let stderr = "";
  const { promise: ready, resolve, reject } = Promise.withResolvers<LogLine>();
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output.text += text));
  createInterface({ input: child.stderr }).on("line", (text) => {
    stderr += `${text}\n`;
    if (!text.startsWith("{")) return;
    const line = JSON.parse(text) as LogLine;
    lines.push(line);
    for (const wake of waiting) wake();
    if (line.event === "listening") resolve(line);
  });
  const exit = new Promise<number | null>((ended) => child.on("close", ended));
  void exit.then((code) => reject(new Error(`${verb[0]} ended with ${code}: ${stderr}`)));
  return new RunningServer({ child, lines, output, exit, waiting }, await ready);
}
