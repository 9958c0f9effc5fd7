import postgres, { type Sql } from "postgres";
import { MIGRATIONS } from "./schema/migrations.ts";

/** A connection that asks for nothing by itself, and says nothing by itself. */
export function connectPostgres(url: string): Sql {
  return postgres(url, {
    max: 2,
    // A pooler in transaction mode has no named statements.
    prepare: false,
    fetch_types: false,
    onnotice: () => undefined,
    connect_timeout: 5,
    backoff: false,
    connection: { application_name: "handclasp" },
  });
}

/** Makes what the log needs in a database that has nothing of it. */
export async function createLogSchema(sql: Sql, schema: string): Promise<void> {
  await sql.begin(async (transaction) => {
    await transaction.unsafe(`CREATE SCHEMA ${schema}`);
    for (const migration of MIGRATIONS) await transaction.unsafe(migration(schema));
  });
}
