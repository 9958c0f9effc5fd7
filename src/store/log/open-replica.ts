import type { Appender, ChangeLog } from "../../trust/port/change-log.ts";
import type { TrustStore } from "../../trust/port/trust-store.ts";
import { realStorePath } from "../sqlite/file/real-store-path.ts";
import { openSqliteFile } from "../sqlite/file/sqlite-file.ts";
import { SqliteStore, type StoreOptions } from "../sqlite/sqlite-store.ts";
import { ThreadChannel } from "../sqlite/writing/write-channel.ts";
import { LogChannel } from "./log-channel.ts";
import { ReplicaReader } from "./replica-reader.ts";

interface ReplicaOptions extends StoreOptions {
  /** Ours from now on. */
  readonly log: ChangeLog;
  readonly by: Appender;
  /** What the store is called; without secrets. */
  readonly url: string;
}

/** Opens (or makes) the replica of a log in a file; several processes may have it open. Throws ERR_HANDCLASP_STORE_*. */
export function openReplica(path: string, { log, by, url, ...options }: ReplicaOptions): TrustStore {
  const real = realStorePath(path);
  const database = openSqliteFile(real);
  const channel = new LogChannel({
    log,
    by,
    replica: new ReplicaReader(database),
    channel: new ThreadChannel(real),
  });
  return new SqliteStore(database, { url, path: real, channel }, options);
}
