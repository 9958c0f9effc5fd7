import { createHash } from "node:crypto";
import { everyItem } from "../../trust/port/page.ts";
import type { TrustStore } from "../../trust/port/trust-store.ts";

/** What pages show that no event tells of. */
export type Topic = "waiting" | "connections" | "health";

/** Looking takes no more than one part in so many of the time. */
const SHARE = 50;

const NOTHING: ReadonlyMap<Topic, string> = new Map();

export interface GlanceOptions {
  readonly store: TrustStore;
  readonly monotonic: () => number;
  /** Another text when the server or its chain is found to be otherwise. */
  readonly health: () => string;
  /** Looks at what is new of the chain, however long that takes. */
  readonly verify: () => void;
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
    const { health } = this.#options;
    const found = new Map<Topic, string>();
    try {
      for (const [topic, text] of await this.#found()) found.set(topic, text);
      found.set("health", health());
    } catch (error) {
      found.set("health", String(error));
    }
    // What it sees first is what it compares with.
    const other = [...found].filter(([topic, text]) => (this.#seen.get(topic) ?? text) !== text);
    for (const [topic, text] of found) this.#seen.set(topic, text);
    return other.map(([topic]) => topic);
  }

  /** Nothing while nobody wrote, and when looking took long a moment ago. */
  async #found(): Promise<ReadonlyMap<Topic, string>> {
    const { store, monotonic, verify } = this.#options;
    const began = monotonic();
    if (this.#isLooking || began < this.#restUntil) return NOTHING;
    const revision = store.revision();
    if (revision === this.#revision) return NOTHING;
    this.#isLooking = true;
    try {
      verify();
      const findings = await this.#findings();
      this.#revision = revision;
      return findings;
    } finally {
      this.#isLooking = false;
      this.#restUntil = monotonic() + (monotonic() - began) * SHARE;
    }
  }

  async #findings(): Promise<ReadonlyMap<Topic, string>> {
    const { store } = this.#options;
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
    ]);
  }
}
