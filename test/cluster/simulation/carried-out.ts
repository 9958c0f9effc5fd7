import { openDatabase } from "../../../src/node-sqlite.ts";
import { ReplicaReader } from "../../../src/store/replica/replica-reader.ts";
import { openMemoryScratch, type Scratch } from "../../../src/store/replica/scratch.ts";
import { SqliteWriter } from "../../../src/store/sqlite/writing/sqlite-writer.ts";
import { DirectChannel } from "../../../src/store/sqlite/writing/write-channel.ts";
import type { LogServer } from "./log-server.ts";

/** Shorter logs are carried out from their start, by everybody. */
const LONG = 2000;
const AT_ONCE = 1000;

/**
 * What the log leads to, carried out once for all machines: whoever leaves a branch of a long log goes on from a copy, as
 * from a snapshot. Else a long simulation would do little more than this.
 */
export class CarriedOut {
  readonly #server: LogServer;
  #anew: Scratch = openMemoryScratch();
  #reader = new ReplicaReader(this.#anew.database);
  #copies = 0;

  constructor(server: LogServer) {
    this.#server = server;
  }

  /** Goes on to where the log ends. */
  async goOn(): Promise<void> {
    if (!this.#server.has(this.#reader.place())) await this.#beginAgain();
    for (;;) {
      const { entries } = await this.#server.cluster.log.read(this.#reader.place(), AT_ONCE);
      if (entries.length === 0) return;
      await this.#anew.channel.write({ kind: "entries", entries });
    }
  }

  readonly openScratch = (): Scratch => {
    const place = this.#reader.place();
    return place.position > LONG && this.#server.has(place) ? this.#copy() : openMemoryScratch();
  };

  #copy(): Scratch {
    const uri = `file:/simulation-${process.pid}-${++this.#copies}?vfs=memdb`;
    // It is there for as long as somebody has it open.
    const database = openDatabase(uri);
    this.#anew.database.prepare("VACUUM INTO ?").run(uri);
    const channel = new DirectChannel(new SqliteWriter(database));
    return { uri, database, channel, close: async () => database.close() };
  }

  async #beginAgain(): Promise<void> {
    await this.#anew.close();
    this.#anew = openMemoryScratch();
    this.#reader = new ReplicaReader(this.#anew.database);
  }
}
