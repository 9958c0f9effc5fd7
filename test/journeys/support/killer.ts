import { execFileSync, spawnSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Home } from "../../cli/support/serve.ts";

/** Whether what kills can be compiled here. */
export const CAN_KILL: boolean = spawnSync("cc", ["--version"], { stdio: "ignore" }).status === 0;

/** Makes processes that are killed at their N-th write. */
export class Killer {
  readonly #library: string;
  readonly #marker: string;
  readonly #home: Home;

  constructor(home: Home) {
    this.#home = home;
    this.#library = home.path("kill-at-write.so");
    this.#marker = home.path("now");
    const source = join(import.meta.dirname, "kill-at-write.c");
    execFileSync("cc", ["-shared", "-fPIC", "-o", this.#library, source, "-ldl"]);
  }

  /** A process in this environment is killed at that write after `start()`. */
  at(write: number, home: Home = this.#home): Home {
    rmSync(this.#marker, { force: true });
    const environment = {
      ...home.environment,
      LD_PRELOAD: this.#library,
      KILL_MARKER: this.#marker,
      KILL_AT: String(write),
    };
    return Object.create(home, { environment: { value: environment } }) as Home;
  }

  start(): void {
    writeFileSync(this.#marker, "");
  }
}
