import type { Sql } from "postgres";

/** The connections that the parts of a cluster share, to one schema of a database; made when somebody first asks. */
export class Pool {
  readonly schema: string;
  readonly #connect: () => Promise<Sql>;
  readonly #prepare: (sql: Sql, schema: string) => Promise<void>;
  #sql: Promise<Sql> | undefined;
  #prepared: Promise<void> | undefined;

  /** `prepare` is called before anything else is asked, until it came to an end once. */
  constructor(
    connect: () => Promise<Sql>,
    schema: string,
    prepare: (sql: Sql, schema: string) => Promise<void> = async () => undefined,
  ) {
    this.#connect = connect;
    this.#prepare = prepare;
    this.schema = schema;
  }

  /** Throws where there can be none, whatever the database says; and what preparing the schema throws. */
  async sql(): Promise<Sql> {
    const sql = await (this.#sql ??= this.#connect());
    this.#prepared ??= this.#prepare(sql, this.schema).catch((error: unknown) => {
      this.#prepared = undefined;
      throw error;
    });
    await this.#prepared;
    return sql;
  }

  /** What something in the schema is called, for a query. */
  name(sql: Sql, name: string): ReturnType<Sql["unsafe"]> {
    return sql.unsafe(`${this.schema}.${name}`);
  }

  async close(): Promise<void> {
    const sql = await this.#sql?.catch(() => undefined);
    await sql?.end({ timeout: 1 });
  }
}
