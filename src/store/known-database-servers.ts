import { dirname, join } from "node:path";
import { KnownServers } from "../client/servers/known-servers.ts";
import { discarding } from "./replica/discard-unused.ts";
import { realStorePath } from "./sqlite/file/real-store-path.ts";
import { openSqliteStore } from "./sqlite/sqlite-store.ts";

/** The keys of databases, beside the replica where those of all servers are; opened when one is met. */
export class KnownDatabaseServers {
  readonly #file: string;
  readonly #process: string;
  #opened: KnownServers | undefined;
  #closed: (() => void) | undefined;

  constructor(replica: string, process: string) {
    this.#file = join(dirname(realStorePath(replica)), "known_servers.db");
    this.#process = process;
  }

  open(): KnownServers {
    this.#opened ??= this.#open();
    return this.#opened;
  }

  async close(): Promise<void> {
    await this.#opened?.store.close();
    this.#closed?.();
  }

  #open(): KnownServers {
    this.#closed ??= discarding(this.#file);
    return new KnownServers(openSqliteStore(this.#file), { now: Date.now, process: this.#process });
  }
}
