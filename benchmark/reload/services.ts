import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { ServicePorts } from "./upstream.ts";

/** The process of the services, and another at the same ports after each restart. */
export class Services {
  ports: readonly ServicePorts[] = [];
  #child: ChildProcess | undefined;

  async start(): Promise<void> {
    const args = this.ports.map(({ http, h2c }) => `${http},${h2c}`);
    this.#child = fork(join(import.meta.dirname, "upstream.ts"), args);
    [this.ports] = (await once(this.#child, "message")) as [readonly ServicePorts[]];
  }

  /** SIGTERM has them answer what they were asked; SIGKILL does not. */
  async restart(signal: "SIGTERM" | "SIGKILL", awayMs: number): Promise<void> {
    await this.stop(signal);
    await sleep(awayMs);
    await this.start();
  }

  async stop(signal: "SIGTERM" | "SIGKILL" = "SIGKILL"): Promise<void> {
    if (this.#child === undefined) return;
    const exit = once(this.#child, "exit");
    this.#child.kill(signal);
    await exit;
  }
}
