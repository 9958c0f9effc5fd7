import type { Sql } from "postgres";
import { Pool } from "./pool.ts";

/** Connections that ask for nothing by themselves, and say nothing by themselves; each is made when it is needed. */
export async function connectPostgres(url: string): Promise<Sql> {
  const { default: postgres } = await import("postgres");
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

/** A schema of a database, by connections of its own. */
export function openPool(url: string, schema: string): Pool {
  return new Pool(() => connectPostgres(url), schema);
}
