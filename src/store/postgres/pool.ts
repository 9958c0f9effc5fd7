import type { Sql } from "postgres";

/** Some to one database, each made when it is needed. */
export interface Connections {
  readonly sql: Sql;
  /** Waits so long for what is asked; none is left afterwards. */
  end(withinSeconds: number): Promise<void>;
}

/** Opens connections; calls back when one of them is lost. */
export type Connect = (onLost: () => void) => Promise<Connections>;

/** How long queries may take on connections that are left. */
const LEFT_SECONDS = 1;

/** The connections that the parts of a cluster share, to one schema of a database; made when somebody first asks. */
export class Pool {
  readonly schema: string;
  readonly #connect: Connect;
  readonly #prepare: (sql: Sql, schema: string) => Promise<void>;
  readonly #lostListeners = new Set<() => void>();
  #connections: Promise<Connections> | undefined;
  #prepared: Promise<void> | undefined;
  #isClosed = false;

  /** `prepare` is called before anything else is asked, until it came to an end once. */
  constructor(
    connect: Connect,
    schema: string,
    prepare: (sql: Sql, schema: string) => Promise<void> = async () => undefined,
  ) {
    this.#connect = connect;
    this.#prepare = prepare;
    this.schema = schema;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** For one query at once: there may be others later. Throws where there can be none, and what preparing the schema throws. */
  async sql(): Promise<Sql> {
    const { sql } = await (this.#connections ??= this.#open());
    this.#prepared ??= this.#prepare(sql, this.schema).catch((error: unknown) => {
      this.#prepared = undefined;
      throw error;
    });
    await this.#prepared;
    return sql;
  }

  /** Calls back when connections were lost, and what was listened to with them. Returns how to stop. */
  onLost(listener: () => void): () => void {
    this.#lostListeners.add(listener);
    return () => this.#lostListeners.delete(listener);
  }

  /** What something in the schema is called, for a query. */
  name(sql: Sql, name: string): ReturnType<Sql["unsafe"]> {
    return sql.unsafe(`${this.schema}.${name}`);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const connections = await this.#connections?.catch(() => undefined);
    await connections?.end(LEFT_SECONDS);
  }

  #open(): Promise<Connections> {
    const opened = this.#connect(() => this.#leave(opened));
    return opened;
  }

  /**
   * The driver may never write again by a connection that it makes in place of one that broke (postgres 3.4.9: `closed()`
   * forgets what is to be written, and that it is): all of it goes, and another is made.
   */
  #leave(lost: Promise<Connections>): void {
    if (this.#isClosed || this.#connections !== lost) return;
    this.#connections = undefined;
    void lost.then((connections) => connections.end(LEFT_SECONDS)).catch(() => undefined);
    for (const listener of this.#lostListeners) listener();
  }
}
