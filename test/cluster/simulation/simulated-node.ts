import type { DatabaseSync, StatementSync } from "node:sqlite";
import { openDatabase } from "../../../src/node-sqlite.ts";
import { LogChannel } from "../../../src/store/replica/log-channel.ts";
import { NodeSelf } from "../../../src/store/replica/node-self.ts";
import { ReplicaReader, type Standing } from "../../../src/store/replica/replica-reader.ts";
import type { OpenScratch } from "../../../src/store/replica/scratch.ts";
import type { Runtime } from "../../../src/store/replica/runtime.ts";
import { createSchema } from "../../../src/store/sqlite/file/schema.ts";
import { SqliteWriter } from "../../../src/store/sqlite/writing/sqlite-writer.ts";
import type { LogPlace } from "../../../src/trust/port/change-log.ts";
import { prepareChange } from "../../../src/trust/prepare-change.ts";
import type { Change, Outcome } from "../../../src/trust/records/change.ts";
import type { KeyPin } from "../../../src/trust/records/key-record.ts";
import { CALM, Link, type Weather } from "./link.ts";
import type { LogServer } from "./log-server.ts";
import type { Seeded } from "./seeded.ts";
import type { VirtualTime } from "./virtual-time.ts";
import { WritingThread } from "./writing-thread.ts";

/** When everything begins. */
export const EPOCH: number = Date.UTC(2030, 0, 1);

interface SimulatedNodeOptions {
  readonly time: VirtualTime;
  readonly chance: Seeded;
  readonly server: LogServer;
  readonly openScratch: OpenScratch;
  /** After each transaction on its replica. */
  readonly onWritten: (node: SimulatedNode) => void;
}

/** A process on a node's replica. */
interface Process {
  readonly channel: LogChannel;
  readonly link: Link;
  isAlive: boolean;
}

/** A machine: a replica that stays, and processes on it that come and go. */
export class SimulatedNode {
  readonly id: string;
  readonly database: DatabaseSync = openDatabase(":memory:");
  readonly weather: Weather = { ...CALM };
  /** How far its clock is from the true one. */
  clockOffMs = 0;
  readonly #options: SimulatedNodeOptions;
  readonly #processes: Process[] = [];
  readonly #replica: ReplicaReader;
  readonly #state: StatementSync;
  readonly #holders: StatementSync;

  constructor(options: SimulatedNodeOptions) {
    this.#options = options;
    this.id = options.chance.uuid();
    createSchema(this.database);
    this.#replica = new ReplicaReader(this.database);
    this.#state = this.database.prepare("SELECT state FROM keys WHERE pin = ?");
    this.#holders = this.database.prepare(
      "SELECT count(*) AS count FROM keys WHERE name_key = ? AND state = 'trusted'",
    );
  }

  get processes(): number {
    return this.#processes.length;
  }

  place(): LogPlace {
    return this.#replica.place();
  }

  standing(): Standing {
    return this.#replica.standing();
  }

  state(pin: KeyPin): string | undefined {
    return this.#state.get(pin)?.["state"] as string | undefined;
  }

  /** How many trusted keys have a name. */
  holders(nameKey: string): number {
    return Number(this.#holders.get(nameKey)?.["count"]);
  }

  start(): void {
    const { time, chance, server, openScratch, onWritten } = this.#options;
    const link = new Link({ time, chance, server, weather: this.weather });
    const isAlive = (): boolean => started.isAlive;
    const channel = new LogChannel({
      cluster: link.cluster(),
      self: new NodeSelf(this.database, { id: this.id, name: () => this.id }),
      replica: new ReplicaReader(this.database),
      openScratch,
      channel: new WritingThread({
        time,
        chance,
        writer: new SqliteWriter(this.database),
        isAlive,
        onWritten: () => onWritten(this),
      }),
      runtime: this.#runtime(isAlive),
    });
    const started: Process = { channel, link, isAlive: true };
    this.#processes.push(started);
  }

  /** One of its processes ends without a word. */
  crash(): void {
    const crashed = this.#processes.splice(this.#options.chance.below(this.#processes.length), 1)[0];
    if (crashed === undefined) return;
    crashed.isAlive = false;
    void crashed.link.close();
  }

  /** Has one of its processes carry a change out; never settles where that ends meanwhile. */
  async apply(change: Change): Promise<Outcome> {
    const { channel } = this.#options.chance.pick(this.#processes);
    const { outcome } = await channel.write({ kind: "change", change: prepareChange(change) });
    return outcome;
  }

  now(): number {
    return EPOCH + Math.floor(this.#options.time.elapsed) + this.clockOffMs;
  }

  #runtime(isAlive: () => boolean): Runtime {
    const { time, chance } = this.#options;
    const whileAlive = (call: () => void) => (): void => {
      if (isAlive()) call();
    };
    return {
      now: () => this.now(),
      elapsed: () => time.elapsed,
      newId: () => chance.uuid(),
      random: () => chance.next(),
      soon: (call) => void time.after(0, whileAlive(call)),
      after: (ms, call) => time.after(ms, whileAlive(call)),
      every: (ms, call) => {
        const stop = time.every(ms, () => (isAlive() ? call() : stop()));
        return stop;
      },
    };
  }
}
