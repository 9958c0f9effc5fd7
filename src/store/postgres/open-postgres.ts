import { Socket } from "node:net";
import type Driver from "postgres";
import type { Options, Sql } from "postgres";
import { HandclaspError, hasCode, toError } from "../../errors.ts";
import { KnownServers } from "../../client/servers/known-servers.ts";
import { type ClusterAddress, parseClusterUrl } from "../../trust/port/cluster-address.ts";
import { openMemoryStore } from "../sqlite/memory-store.ts";
import { DatabaseSockets } from "./database-sockets.ts";
import { Pool } from "./pool.ts";

/** What the driver has no type for. */
interface DriverOptions extends Options<Record<string, never>> {
  readonly socket: () => Promise<Socket>;
  readonly pass: () => string;
  readonly sslnegotiation: null;
}

/**
 * Connections that ask for nothing by themselves, and say nothing by themselves; each is made when it is needed. Calls back
 * when one is lost, or could not be made.
 */
export async function connectDatabase(
  address: ClusterAddress,
  sockets: DatabaseSockets,
  onLost?: () => void,
): Promise<Sql> {
  const postgres = await loadDriver();
  const options: DriverOptions = {
    host: "localhost",
    port: 5432,
    user: address.user,
    database: address.database,
    pass: () => sockets.password,
    ssl: false,
    sslnegotiation: null,
    socket: () => openOrFailed(sockets),
    max: 2,
    ...(onLost !== undefined && { onclose: onLost }),
    // A pooler in transaction mode has no named statements.
    prepare: false,
    fetch_types: false,
    onnotice: () => undefined,
    connect_timeout: 5,
    backoff: false,
    max_lifetime: null,
    keep_alive: 10,
    connection: { application_name: "handclasp" },
  };
  return postgres(options);
}

/** The same for a database that is named by its URL alone, and known to nobody. */
export function connectPostgres(url: string, onLost?: () => void): Promise<Sql> {
  const options = { now: Date.now, process: `node ${process.pid}` };
  const { cluster } = parseClusterUrl(url);
  const known = (): KnownServers => new KnownServers(openMemoryStore(), options);
  return connectDatabase(cluster, new DatabaseSockets(cluster, known), onLost);
}

/** A schema of a database, by connections of its own. */
export function openPool(url: string, schema: string): Pool {
  return new Pool((onLost) => connectPostgres(url, onLost), schema);
}

async function loadDriver(): Promise<typeof Driver> {
  try {
    return (await import("postgres")).default;
  } catch (error) {
    if (!hasCode(error, "ERR_MODULE_NOT_FOUND")) throw error;
    throw new HandclaspError("ERR_HANDCLASP_STORE_OPEN", "a store in PostgreSQL needs the package postgres", {
      hint: "npm install postgres, beside handclasp",
      cause: error,
    });
  }
}

/** The driver loses a connection whose socket cannot be made; one that fails behind its first words, it takes as closed. */
class FailedSocket extends Socket {
  constructor(error: unknown) {
    super();
    // The driver writes in the next turn, and would wait for ever behind what could not be written.
    setImmediate(() => setImmediate(() => this.destroy(toError(error))));
  }

  override write(): boolean {
    return true;
  }
}

async function openOrFailed(sockets: DatabaseSockets): Promise<Socket> {
  try {
    return await sockets.open();
  } catch (error) {
    return new FailedSocket(error);
  }
}
