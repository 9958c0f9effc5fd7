import type { Sql } from "postgres";
import { KnownServers } from "../../../../src/client/servers/known-servers.ts";
import { DatabaseSockets } from "../../../../src/store/postgres/database-sockets.ts";
import { connectDatabase } from "../../../../src/store/postgres/open-postgres.ts";
import { type Connections, Pool } from "../../../../src/store/postgres/pool.ts";
import { openMemoryStore } from "../../../../src/store/sqlite/memory-store.ts";
import { parseClusterUrl } from "../../../../src/trust/port/cluster-address.ts";

function connectTo(url: string, onLost?: () => void): Promise<Connections> {
  const { cluster } = parseClusterUrl(url);
  const options = { now: Date.now, process: `node ${process.pid}` };
  const known = (): KnownServers => new KnownServers(openMemoryStore(), options);
  return connectDatabase(cluster, new DatabaseSockets(cluster, known), onLost);
}

/** To a database that is named by its URL alone, and known to nobody. */
export async function connectPostgres(url: string): Promise<Sql> {
  return (await connectTo(url)).sql;
}

/** A schema of a database, by connections of its own. */
export function openPool(url: string, schema: string): Pool {
  return new Pool((onLost) => connectTo(url, onLost), schema);
}
