import { BEAT_MS } from "../sqlite/sightings/live-run.ts";
import type { WriteChannel } from "../sqlite/writing/write-channel.ts";
import type { Runtime } from "./runtime.ts";

/** Keeps where this process lets clients in, for as long as it lives: others on the same replica have their own. */
export class ServingHere {
  readonly #channel: Pick<WriteChannel, "write">;
  readonly #runtime: Runtime;
  readonly #run: string;
  #listeners: string | undefined;
  #stop: (() => void) | undefined;

  constructor(channel: Pick<WriteChannel, "write">, runtime: Runtime) {
    this.#channel = channel;
    this.#runtime = runtime;
    this.#run = runtime.newId();
  }

  async put(listeners: string): Promise<void> {
    this.#listeners = listeners;
    await this.#write(listeners);
    // A beat that cannot be written is as one that is missed.
    this.#stop ??= this.#runtime.every(
      BEAT_MS,
      () => void this.#write(this.#listeners ?? null).catch(() => undefined),
    );
  }

  async end(): Promise<void> {
    this.#stop?.();
    if (this.#listeners !== undefined) await this.#write(null).catch(() => undefined);
  }

  async #write(listeners: string | null): Promise<void> {
    await this.#channel.write({ kind: "serving", run: this.#run, listeners, at: this.#runtime.now() });
  }
}
