import type { PendingQuery, Row, Sql } from "postgres";
import { HandclaspError } from "../../errors.ts";

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

/** Connections, and what was seen of the schema by them. */
interface Opened {
  readonly connections: Promise<Connections>;
  prepared?: Promise<void> | undefined;
}

/** Sees to a schema before it is used. Resolves with which cluster it is of; undefined where that does not matter. */
export type Prepare = (sql: Sql, schema: string) => Promise<string | undefined>;

/** The connections that the parts of a cluster share, to one schema of a database; made when somebody first asks. */
export class Pool {
  readonly schema: string;
  readonly #connect: Connect;
  readonly #prepare: Prepare;
  readonly #lostListeners = new Set<() => void>();
  #opened: Opened | undefined;
  #cluster: string | undefined;
  #isClosed = false;

  /** `prepare` is called before anything else is asked by new connections, until it came to an end once. */
  constructor(connect: Connect, schema: string, prepare: Prepare = async () => undefined) {
    this.#connect = connect;
    this.#prepare = prepare;
    this.schema = schema;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** For one query at once: there may be others later. Throws where there can be none, and what preparing the schema throws. */
  async sql(): Promise<Sql> {
    const opened = (this.#opened ??= this.#open());
    const { sql } = await opened.connections;
    opened.prepared ??= this.#meet(sql).catch((error: unknown) => {
      opened.prepared = undefined;
      throw error;
    });
    await opened.prepared;
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

  /** Where it stands behind WHERE, a query of the schema of another cluster does nothing, and gives no row. */
  isOurs(sql: Sql): PendingQuery<Row[]> {
    if (this.#cluster === undefined) return sql`true`;
    return sql`${this.name(sql, "cluster")}() = ${this.#cluster}::uuid`;
  }

  /** Why a query gave no row that would have given one. The schema is seen to again before the next query. */
  async whyNone(): Promise<unknown> {
    this.seeAgain();
    await this.sql();
    return otherCluster(this.schema);
  }

  /** The schema may not be what it was. */
  seeAgain(): void {
    if (this.#opened !== undefined) this.#opened.prepared = undefined;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const connections = await this.#opened?.connections.catch(() => undefined);
    await connections?.end(LEFT_SECONDS);
  }

  async #meet(sql: Sql): Promise<void> {
    const cluster = await this.#prepare(sql, this.schema);
    this.#cluster ??= cluster;
    if (this.#cluster !== cluster) throw otherCluster(this.schema);
  }

  #open(): Opened {
    const opened: Opened = { connections: this.#connect(() => this.#leave(opened)) };
    return opened;
  }

  /**
   * The driver may never write again by a connection that it makes in place of one that broke (postgres 3.4.9: `closed()`
   * forgets what is to be written, and that it is): all of it goes, and another is made.
   */
  #leave(lost: Opened): void {
    if (this.#isClosed || this.#opened !== lost) return;
    this.#opened = undefined;
    void lost.connections.then((connections) => connections.end(LEFT_SECONDS)).catch(() => undefined);
    for (const listener of this.#lostListeners) listener();
  }
}

function otherCluster(schema: string): HandclaspError {
  return new HandclaspError(
    "ERR_HANDCLASP_STORE_OPEN",
    `the schema ${schema} of the database is of another store than it was: nothing more is read and written there`,
    {
      hint: "see which databases the URL names, and whether one of them was made anew",
      remedies: [{ act: "reach-database", at: "server" }],
    },
  );
}
