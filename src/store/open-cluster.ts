import type { Sql } from "postgres";
import { HandclaspError, isHandclaspError } from "../errors.ts";
import type { Cluster } from "../trust/port/cluster.ts";
import type { ClusterAddress } from "../trust/port/cluster-address.ts";
import type { StoreUrl } from "../trust/port/store-url.ts";
import { KnownDatabaseServers } from "./known-database-servers.ts";
import { DatabaseSockets } from "./postgres/database-sockets.ts";
import { explainRefused } from "./postgres/explain-refused.ts";
import { clusterIn, type Migrated, migrate, mustBePrepared, prepareSchema } from "./postgres/migrate.ts";
import { connectDatabase } from "./postgres/open-postgres.ts";
import { Pool } from "./postgres/pool.ts";
import { PostgresCluster } from "./postgres/postgres-cluster.ts";

interface ClusterAt {
  readonly address: ClusterAddress;
  /** Of this machine's replica, whether there is one or not. */
  readonly file: string;
}

/** What machines share, without a replica: it has to be there. Throws ERR_HANDCLASP_OPTION for a store of one place. */
export function openClusterAt(url: StoreUrl, name: string): Cluster {
  return openCluster(clusterOf(url), name, { makes: false });
}

/** The same, made where nothing is. */
export function openNewClusterAt(url: StoreUrl, name: string): Cluster {
  return openCluster(clusterOf(url), name);
}

/** What a replica knows of the cluster that it follows. */
export interface Followed {
  /** Its UUID; undefined where none was met. */
  readonly known: () => string | undefined;
  /** Is told which one was met, before anything else is asked there: where it throws, nothing is. */
  readonly met: (cluster: string) => void;
}

interface ClusterOptions {
  readonly followed?: Followed;
  /** What is needed is made in a database where nothing is. Default true. */
  readonly makes?: boolean;
}

export function openCluster(
  { address, file }: ClusterAt,
  name: string,
  { followed, makes = true }: ClusterOptions = {},
): Cluster {
  const known = new KnownDatabaseServers(file, name);
  const sockets = new DatabaseSockets(address, () => known.open());
  let isMet = false;
  const meet = async (sql: Sql, schema: string): Promise<string> => {
    const wasThere = isMet || followed?.known() !== undefined;
    const isMade = makes && !wasThere;
    await explaining(address, isMade ? prepareSchema(sql, schema) : mustBePrepared(sql, schema, wasThere));
    const cluster = await clusterIn(sql, schema);
    followed?.met(cluster);
    isMet = true;
    return cluster;
  };
  const pool = new Pool(
    (onLost) => connectDatabase(address, sockets, onLost),
    address.schema,
    async (sql, schema) => {
      try {
        return await meet(sql, schema);
      } catch (error) {
        if (isHandclaspError(error, "ERR_HANDCLASP_STORE_OPEN") && address.hosts.length > 1)
          leave("it has another store, or lets nobody in");
        throw error;
      }
    },
  );
  const leave = (why: string): void => {
    sockets.moveOn();
    sockets.hangUp(why);
  };
  // Where there is nothing to choose, and where any will do, a copy is better than nothing.
  const isChosen = address.hosts.length > 1 && address.targetSession === "read-write";
  return new PostgresCluster(pool, {
    ...(isChosen && { onCopy: () => leave("it is a standby") }),
    onNotOpen: () => sockets.moveOn(),
    onClose: () => known.close(),
    onHangUp: (why) => sockets.hangUp(why),
  });
}

/** Brings what is in the database to what this version needs, as a role that owns it. Throws as `migrate`. */
export async function migrateClusterAt(url: StoreUrl, name: string): Promise<Migrated> {
  const { address, file } = clusterOf(url);
  const known = new KnownDatabaseServers(file, name);
  const sockets = new DatabaseSockets(address, () => known.open());
  const pool = new Pool((onLost) => connectDatabase(address, sockets, onLost), address.schema);
  try {
    return await explaining(address, migrate(await pool.sql(), address.schema));
  } finally {
    await pool.close();
    await known.close();
  }
}

async function explaining<T>(address: ClusterAddress, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw explainRefused(error, address);
  }
}

function clusterOf(url: StoreUrl): ClusterAt {
  const { file, cluster: address } = url.in(process.cwd());
  if (address !== null && file !== null) return { address, file };
  throw new HandclaspError("ERR_HANDCLASP_OPTION", `no other machine shares ${String(url)}`, {
    hint: "this is about a store in PostgreSQL: postgres://USER@HOST/DATABASE?replica=PATH",
    remedies: [{ act: "open-another-store", at: "server" }],
  });
}
