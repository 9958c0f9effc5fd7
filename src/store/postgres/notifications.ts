import type { Sql } from "postgres";
import type { Pool } from "./pool.ts";

/** How often it is seen whether notifications come. */
const PROBE_MS = 5000;
/** How soon one listens again after connections were lost. */
const AGAIN_MS = 1000;

/**
 * Notifications of a schema. Whether they come is seen by notifying oneself: behind a pooler in transaction mode one listens,
 * is told of no failure, and hears nothing.
 */
export class Notifications {
  readonly #pool: Pool;
  readonly #listener: (said: string) => void;
  readonly #probe: string = `handclasp_probe_${crypto.randomUUID().replaceAll("-", "")}`;
  readonly #stopWatching: () => void;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;
  #isProbeOut = false;
  /** Not before the first did. */
  #come = false;

  /** The listener takes what was said, empty for what nothing was said of. */
  constructor(pool: Pool, listener: (said: string) => void) {
    this.#pool = pool;
    this.#listener = listener;
    // With the connections goes what was listened to: until it is again, nobody is told.
    this.#stopWatching = pool.onLost(() => {
      this.#come = false;
      this.#again(AGAIN_MS, () => this.#listen());
    });
    void this.#listen();
  }

  /** Whether the last that was to come did. */
  get come(): boolean {
    return this.#come;
  }

  stop(): void {
    this.#isStopped = true;
    this.#stopWatching();
    clearTimeout(this.#timer);
  }

  async #listen(): Promise<void> {
    try {
      const sql = await this.#pool.sql();
      const hear = (said = ""): void => {
        if (!this.#isStopped) this.#listener(said);
      };
      const heard = await Promise.all([
        // Whatever happened before one could hear is heard of now.
        sql.listen(this.#pool.schema, hear, hear),
        sql.listen(this.#probe, () => this.#hear()),
      ]);
      if (this.#isStopped) await Promise.all(heard.map((one) => one.unlisten()));
      else await this.#look(sql);
    } catch {
      this.#again(PROBE_MS, () => this.#listen());
    }
  }

  #hear(): void {
    this.#isProbeOut = false;
    this.#come = true;
  }

  async #look(sql: Sql): Promise<void> {
    if (this.#isProbeOut) this.#come = false;
    this.#isProbeOut = true;
    this.#again(PROBE_MS, () => this.#look(sql));
    await sql`SELECT pg_notify(${this.#probe}, '')`.catch(() => undefined);
  }

  #again(ms: number, then: () => Promise<void>): void {
    clearTimeout(this.#timer);
    if (this.#isStopped) return;
    this.#timer = setTimeout(() => void then(), ms).unref();
  }
}
