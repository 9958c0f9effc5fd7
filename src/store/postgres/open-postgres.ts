import { Socket } from "node:net";
import type Driver from "postgres";
import type { Options } from "postgres";
import { HandclaspError, hasCode, toError } from "../../errors.ts";
import type { ClusterAddress } from "../../trust/port/cluster-address.ts";
import type { DatabaseSockets } from "./database-sockets.ts";
import type { Connections } from "./pool.ts";

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
): Promise<Connections> {
  const postgres = await loadDriver();
  const opened = new Set<Socket>();
  let isOver = false;
  const open = async (): Promise<Socket> => {
    const socket = await openOrFailed(sockets);
    opened.add(socket);
    socket.once("close", () => opened.delete(socket));
    if (!isOver) return socket;
    socket.destroy();
    return new FailedSocket(new Error("nobody asks anything any more"));
  };
  const options: DriverOptions = {
    host: "localhost",
    port: 5432,
    user: address.user,
    database: address.database,
    pass: () => sockets.password,
    ssl: false,
    sslnegotiation: null,
    socket: open,
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
  const sql = postgres(options);
  return {
    sql,
    async end(withinSeconds) {
      await sql.end({ timeout: withinSeconds });
      // The driver forgets those that are being made, and goes on to make them.
      isOver = true;
      for (const socket of opened) socket.destroy();
    },
  };
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
