import { createHash } from "node:crypto";
import { everyItem } from "../../trust/port/page.ts";
import type { TrustStore } from "../../trust/port/trust-store.ts";

/** What pages show that no event tells of. */
export type Topic = "waiting" | "connections" | "health";

export const TOPICS: readonly Topic[] = ["waiting", "connections", "health"];

/** Looking takes no more than one part in so many of the time. */
const SHARE = 50;

export interface GlanceOptions {
  readonly store: TrustStore;
  readonly monotonic: () => number;
  readonly look: () => Promise<string>;
}

/** Finds out what pages would see otherwise than before. Looks at nothing while nobody writes to the store. */
export class Glance {
  readonly #options: GlanceOptions;
  readonly #seen = new Map<Topic, string>();
  #revision: number | null = null;
  #restUntil = 0;
  #isLooking = false;

  constructor(options: GlanceOptions) {
    this.#options = options;
  }

  /** Begins anew: what changes from now on is found. */
  forget(): void {
    this.#seen.clear();
    this.#revision = null;
  }

  /** What became another since it was asked last; nothing when it is too early to ask again. Never fails. */
  async look(): Promise<readonly Topic[]> {
    const { store, monotonic } = this.#options;
    if (this.#isLooking || monotonic() < this.#restUntil) return [];
    this.#isLooking = true;
    const began = monotonic();
    try {
      const revision = store.revision();
      if (revision === this.#revision) return [];
      const found = await this.#findings();
      const isFirst = this.#revision === null;
      this.#revision = revision;
      const other = [...found].filter(([topic, text]) => this.#seen.get(topic) !== text);
      for (const [topic, text] of found) this.#seen.set(topic, text);
      return isFirst ? [] : other.map(([topic]) => topic);
    } catch (error) {
      const problem = String(error);
      if (this.#seen.get("health") === problem) return [];
      this.#seen.set("health", problem);
      return ["health"];
    } finally {
      this.#isLooking = false;
      this.#restUntil = monotonic() + (monotonic() - began) * SHARE;
    }
  }

  async #findings(): Promise<ReadonlyMap<Topic, string>> {
    const { store, look } = this.#options;
    const waiting = createHash("sha256");
    for await (const key of everyItem((page) => store.listKeys({ state: "pending", ...page }))) {
      waiting.update(`${key.pin} ${key.version}\n`);
    }
    const { items } = await store.listRefusals({ limit: 1 });
    for (const { pin, lastAt, count } of items) waiting.update(`${pin} ${lastAt} ${count}\n`);
    const connections = createHash("sha256");
    for await (const { run, id } of everyItem((page) => store.listConnections(page))) {
      connections.update(`${run} ${id}\n`);
    }
    return new Map([
      ["waiting", waiting.digest("hex")],
      ["connections", connections.digest("hex")],
      ["health", await look()],
    ]);
  }
}
