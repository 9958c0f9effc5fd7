import { spawn } from "node:child_process";

const LONGEST_MS = 60_000;

export interface ProgramOptions {
  readonly cwd?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

export interface ProgramResult {
  /** Null when it was killed, because it took too long. */
  readonly code: number | null;
  readonly stdout: string;
  /** Everything it said. */
  readonly said: string;
}

/** Runs a program to its end, at most a minute; undefined when there is no such program. */
export function runProgram(
  [program = "", ...args]: readonly string[],
  { cwd, environment, timeoutMs = LONGEST_MS }: ProgramOptions = {},
): Promise<ProgramResult | undefined> {
  const child = spawn(program, args, {
    ...(cwd !== undefined && { cwd }),
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: timeoutMs,
    killSignal: "SIGKILL",
  });
  let [stdout, said] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    said += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
  return new Promise((resolve, reject) => {
    child.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") resolve(undefined);
      else reject(error);
    });
    child.on("close", (code) => resolve({ code, stdout, said }));
  });
}

/** Runs a program that has to succeed. */
export async function mustRun(command: readonly string[], options: ProgramOptions = {}): Promise<string> {
  const result = await runProgram(command, options);
  if (result?.code !== 0) throw new Error(`${command.join(" ")}\n${result?.said ?? "is not installed"}`);
  return result.stdout;
}

/** What a program says of its version; undefined when there is no such program or no such version. */
export async function versionOf(command: readonly string[], pattern: RegExp): Promise<string | undefined> {
  const result = await runProgram(command);
  return result === undefined ? undefined : pattern.exec(result.said)?.[1];
}
