import type { Sql } from "postgres";

/** The connections that the parts of a cluster share, to one schema of a database; made when somebody first asks. */
export class Pool {
  readonly schema: string;
  readonly #connect: () => Promise<Sql>;
  #sql: Promise<Sql> | undefined;

  constructor(connect: () => Promise<Sql>, schema: string) {
    this.#connect = connect;
    this.schema = schema;
  }

  /** Throws where there can be none, whatever the database says. */
  sql(): Promise<Sql> {
    return (this.#sql ??= this.#connect());
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
