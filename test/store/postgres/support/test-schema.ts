import { after, before, describe } from "node:test";
import { migrate } from "../../../../src/store/postgres/migrate.ts";
import type { Pool } from "../../../../src/store/postgres/pool.ts";
import { openPool } from "./open-pool.ts";
import { PostgresServer, postgresPrograms } from "./postgres-server.ts";

/** A schema that nobody else has, with all of ours in it. */
export class TestSchema implements AsyncDisposable {
  readonly #url: string;
  readonly #name: string;
  readonly #pools: Pool[] = [];

  static async make(url: string, name: string): Promise<TestSchema> {
    const schema = new TestSchema(url, name);
    await migrate(await schema.pool().sql(), name);
    return schema;
  }

  private constructor(url: string, name: string) {
    this.#url = url;
    this.#name = name;
  }

  /** Connections of their own, closed with it. */
  pool(): Pool {
    const pool = openPool(this.#url, this.#name);
    this.#pools.push(pool);
    return pool;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#pools.map((pool) => pool.close()));
  }
}

/** Has a suite run on each PostgreSQL that is here, which makes schemas there. */
export function describeOnPostgres(suite: (kind: string, make: () => Promise<TestSchema>) => void): void {
  for (const programs of postgresPrograms()) {
    describe(programs.kind, () => {
      let server: PostgresServer;
      let count = 0;
      before(async () => {
        server = await PostgresServer.open(programs);
      });
      after(() => server[Symbol.asyncDispose]());
      suite(programs.kind, () => TestSchema.make(server.url(), `handclasp_${++count}`));
    });
  }
}
