import { HandclaspError, isHandclaspError } from "../../errors.ts";
import type { Appender, LogDraft } from "../../trust/port/change-log.ts";
import type { Cluster } from "../../trust/port/cluster.ts";
import type { PreparedChange } from "../../trust/changes/prepared-change.ts";
import type { Write } from "../sqlite/writing/sqlite-writer.ts";
import type { WriteChannel } from "../sqlite/writing/write-channel.ts";
import { type Done, fromWriteError } from "../sqlite/writing/write-result.ts";
import { LogFollower } from "./log-follower.ts";
import type { ReplicaReader } from "./replica-reader.ts";
import { type Runtime, SYSTEM } from "./runtime.ts";

interface LogChannelOptions {
  /** Ours from now on. */
  readonly cluster: Cluster;
  readonly replica: ReplicaReader;
  /** Writes to the replica. */
  readonly channel: WriteChannel;
  readonly by: Appender;
  /** Default the system's. */
  readonly runtime?: Runtime;
}

interface Waiting extends LogDraft {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Writes by way of a log: a change is carried out when the replica comes to it, and comes to what it does there. */
export class LogChannel implements WriteChannel {
  readonly #options: LogChannelOptions;
  readonly #runtime: Runtime;
  readonly #follower: LogFollower;
  /** What one tick brings is appended together. */
  #outbox: Waiting[] = [];
  readonly #underWay = new Set<Promise<Done>>();
  /** Over once the change that was asked for last has its place: what one process asks for keeps its order. */
  #turn: Promise<void> = Promise.resolve();

  constructor(options: LogChannelOptions) {
    this.#options = options;
    this.#runtime = options.runtime ?? SYSTEM;
    this.#follower = new LogFollower({ ...options, log: options.cluster.log });
  }

  async write(write: Write): Promise<Done> {
    if (write.kind !== "change") return this.#options.channel.write(write);
    const written = this.#writeByLog(write.change);
    this.#underWay.add(written);
    try {
      return await written;
    } finally {
      this.#underWay.delete(written);
    }
  }

  /** As `LogFollower.catchUp`. */
  catchUp(): Promise<void> {
    return this.#follower.catchUp();
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#underWay);
    this.#follower.stop();
    await this.#options.cluster.close();
    await this.#options.channel.close();
  }

  async #writeByLog(change: PreparedChange): Promise<Done> {
    const before = [...this.#underWay];
    const turn = this.#turn;
    const { promise, resolve: next } = Promise.withResolvers<void>();
    this.#turn = promise;
    const id = this.#runtime.newId();
    let appended: Promise<void>;
    try {
      const settled = await this.#settle(change, before);
      const { text } = settled;
      if (text === undefined || text === null) return settled;
      await turn;
      appended = this.#append({ id, change: text });
    } finally {
      next();
    }
    await appended;
    await this.#follower.catchUp();
    return this.#outcomeOf(id);
  }

  /** What cannot be done may be possible once the replica has what is on its way: nobody is refused for less. */
  async #settle(change: PreparedChange, before: readonly Promise<unknown>[]): Promise<Done> {
    const { channel } = this.#options;
    try {
      const settled = await channel.write({ kind: "settle", change });
      if (settled.outcome.kind === "changed" || before.length === 0) return settled;
    } catch (error) {
      if (!isHandclaspError(error)) throw error;
    }
    await Promise.allSettled(before);
    await this.#follower.catchUp();
    return channel.write({ kind: "settle", change });
  }

  #append(draft: LogDraft): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    if (this.#outbox.length === 0) this.#runtime.soon(() => void this.#send());
    this.#outbox.push({ ...draft, resolve, reject });
    return promise;
  }

  async #send(): Promise<void> {
    const sent = this.#outbox;
    this.#outbox = [];
    try {
      const { cluster, by } = this.#options;
      await cluster.log.append(
        sent.map(({ id, change }) => ({ id, change })),
        by,
      );
      for (const { resolve } of sent) resolve();
    } catch (error) {
      for (const { reject } of sent) reject(error);
    }
  }

  #outcomeOf(id: string): Done {
    const written = this.#options.replica.outcomeOf(id);
    if (written?.ok === true) return written;
    if (written?.ok === false) throw fromWriteError(written.error);
    throw new HandclaspError(
      "ERR_HANDCLASP_OUTCOME_UNKNOWN",
      "a change was appended to the log, and what it came to is not on record any more",
    );
  }
}
