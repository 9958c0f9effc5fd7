import type { GuardedConnection } from "../../guard/connection/guarded-connection.ts";

interface ConnectionAgesOptions {
  /** 0 for no limit. */
  readonly maxAgeMs: number;
  /** Those that are open, in the order in which they began. */
  readonly connections: () => Iterable<GuardedConnection>;
  /** Asks one that is too old to end; says whether it can be asked. */
  readonly expire: (connection: GuardedConnection) => boolean;
  readonly cut: (connection: GuardedConnection) => void;
}

/** How long a connection that is too old may go on with what it began. */
const LAST_WORDS_MS = 30_000;

/** Ends connections at an age, since certificates expire meanwhile: asks first, and cuts off who goes on for too long. */
export class ConnectionAges implements Disposable {
  readonly #options: ConnectionAgesOptions;
  readonly #timer: NodeJS.Timeout | undefined;
  readonly #asked = new WeakSet<GuardedConnection>();

  constructor(options: ConnectionAgesOptions) {
    this.#options = options;
    const { maxAgeMs } = options;
    if (maxAgeMs > 0) this.#timer = setInterval(() => this.#look(), Math.min(1000, maxAgeMs / 4)).unref();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const { maxAgeMs, connections, expire, cut } = this.#options;
    const before = performance.now() - maxAgeMs;
    for (const connection of connections()) {
      if (connection.startedAt > before) break;
      if (this.#asked.has(connection)) {
        if (connection.startedAt < before - LAST_WORDS_MS) cut(connection);
        continue;
      }
      this.#asked.add(connection);
      if (!expire(connection)) cut(connection);
    }
  }
}
