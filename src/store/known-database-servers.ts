import { dirname, join } from "node:path";
import { KnownServers } from "../client/servers/known-servers.ts";
import { realStorePath } from "./sqlite/file/real-store-path.ts";
import { openSqliteStore } from "./sqlite/sqlite-store.ts";

/** The keys of databases, beside the replica where those of all servers are; opened when one is met. */
export class KnownDatabaseServers {
  readonly #file: string;
  readonly #process: string;
  #opened: KnownServers | undefined;

  constructor(replica: string, process: string) {
    this.#file = join(dirname(realStorePath(replica)), "known_servers.db");
    this.#process = process;
  }

  open(): KnownServers {
    this.#opened ??= new KnownServers(openSqliteStore(this.#file), { now: Date.now, process: this.#process });
    return this.#opened;
  }

  async close(): Promise<void> {
    await this.#opened?.store.close();
  }
}
