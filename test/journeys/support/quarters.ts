import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  accessSync,
  chmodSync,
  chownSync,
  constants,
  mkdirSync,
  mkdtempSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { type RunResult, runToEnd } from "../../cli/support/serve.ts";
import { userIdOf } from "./user-id.ts";

/** Why tests with these programs of Debian's are skipped here; on a build machine they fail instead. */
export function withoutPrograms(
  packages: string,
  ...programs: readonly string[]
): { readonly skip: string | false } {
  const missing = programs.filter((program) => pathOf(program) === undefined);
  const isSkipped = missing.length > 0 && process.env["CI"] === undefined;
  return { skip: isSkipped && `not installed: ${missing.join(", ")} (apt-get install ${packages})` };
}

/** Debian has some of them where only root looks. */
const FOLDERS = [
  ...(process.env["PATH"] ?? "").split(delimiter),
  "/usr/sbin",
  "/usr/lib/postgresql/17/bin",
  "/usr/lib/postgresql/15/bin",
];

function pathOf(program: string): string | undefined {
  return FOLDERS.map((folder) => resolve(folder, program)).find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** A folder that a program has for itself, and the programs that it runs there, as a user who is not root. */
export class Quarters implements AsyncDisposable {
  readonly folder: string = mkdtempSync(join(tmpdir(), "handclasp-test-"));
  readonly #user: string;
  readonly #running: ChildProcess[] = [];

  constructor(user: string) {
    this.#user = user;
    this.#own(this.folder);
    chmodSync(this.folder, 0o700);
  }

  path(...names: string[]): string {
    return join(this.folder, ...names);
  }

  write(name: string, text: string): string {
    const file = this.path(name);
    writeFileSync(file, text, { mode: 0o600 });
    this.#own(file);
    return file;
  }

  makeFolder(name: string): void {
    mkdirSync(this.path(name), { mode: 0o700 });
    this.#own(this.path(name));
  }

  /** Runs a program to its end. */
  run(program: string, ...args: readonly string[]): Promise<RunResult> {
    const [command, ...all] = this.#command(program, args);
    return runToEnd(command, all, { cwd: this.folder, timeoutMs: 60_000 });
  }

  /** Starts a program that stays in the foreground until the quarters are left. */
  start(program: string, ...args: readonly string[]): ChildProcess {
    const [command, ...all] = this.#command(program, args);
    const child = spawn(command, all, { cwd: this.folder, stdio: "ignore" });
    this.#running.push(child);
    return child;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#running) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const ended = once(child, "close");
      child.kill("SIGINT");
      await ended;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  #own(path: string): void {
    if (process.getuid?.() !== 0) return;
    const { uid, gid } = userIdOf(this.#user);
    chownSync(path, uid, gid);
  }

  #command(program: string, args: readonly string[]): readonly [string, ...string[]] {
    const path = pathOf(program) ?? program;
    if (process.getuid?.() !== 0) return [path, ...args];
    const { uid, gid } = userIdOf(this.#user);
    return ["setpriv", `--reuid=${uid}`, `--regid=${gid}`, "--clear-groups", path, ...args];
  }
}
