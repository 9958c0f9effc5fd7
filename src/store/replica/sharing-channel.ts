import { isHandclaspError } from "../../errors.ts";
import { escapeText } from "../../trust/naming/peer-name.ts";
import { LISTENERS_SETTING } from "../../trust/port/kept-listeners.ts";
import type { IgnoredTelling } from "../../trust/port/replication.ts";
import type { SharedRows } from "../../trust/port/shared-rows.ts";
import { isOwnSetting } from "../sqlite/shared/shared-kinds.ts";
import type { IgnoredRow } from "../sqlite/shared/take-rows.ts";
import type { SettingWrite, SightingsWrite, Write } from "../sqlite/writing/sqlite-writer.ts";
import type { WriteChannel } from "../sqlite/writing/write-channel.ts";
import type { Done } from "../sqlite/writing/write-result.ts";
import type { LogChannel } from "./log-channel.ts";
import { ServingHere } from "./serving-here.ts";
import { RowExchange, type RowExchangeOptions } from "./row-exchange.ts";

/** How long others are waited for. */
const LATE_MS = 1000;

interface SharingOptions extends Omit<RowExchangeOptions, "carryOut"> {
  readonly shared: SharedRows;
  /** Where changes go. Closed with this. */
  readonly log: LogChannel;
}

/** Writes to the log what belongs there, and has other machines told of the rest. */
export class SharingChannel implements WriteChannel {
  readonly #options: SharingOptions;
  readonly #exchange: RowExchange;
  readonly #serving: ServingHere;
  #ignored: IgnoredTelling | undefined;
  #hasRecorded = false;

  constructor(options: SharingOptions) {
    this.#options = options;
    this.#exchange = new RowExchange({
      ...options,
      carryOut: () => options.log.catchUp(),
      onIgnored: (rows) => this.#ignore(rows),
    });
    this.#serving = new ServingHere(options.channel, options.runtime);
  }

  /** What was left out of what other machines told; undefined for nothing. */
  get ignored(): IgnoredTelling | undefined {
    return this.#ignored;
  }

  async write(write: Write): Promise<Done> {
    const { log, channel } = this.#options;
    switch (write.kind) {
      case "change": {
        const done = await log.write(write);
        // What is not in the log waits here.
        if (done.text === null) this.#exchange.soon();
        return done;
      }
      case "sightings":
        return this.#record(write);
      case "setting":
        return this.#putSetting(write);
      case "session":
      case "session-end": {
        // Those that are ended may have begun elsewhere a moment ago.
        if (write.kind === "session-end") await this.#tryToExchange();
        const done = await channel.write({ kind: "shared", write });
        await this.#tryToExchange();
        return done;
      }
      default:
        return log.write(write);
    }
  }

  /** Has this replica all that was acknowledged, and told, anywhere before this was called. Throws ERR_HANDCLASP_STORE_READ. */
  async catchUp(): Promise<void> {
    // What others told of it waits for the log.
    const exchange = this.#exchange.exchange();
    exchange.catch(() => undefined);
    await this.#options.log.catchUp();
    await this.#notLate(exchange.then(() => this.#exchange.settle()));
  }

  async close(): Promise<void> {
    const { channel, machine } = this.#options;
    // What is said at the end is on its way to be written, and is to be told as well.
    if (this.#hasRecorded) await channel.write({ kind: "untold", most: 0, machine }).catch(() => undefined);
    const exchange = this.#exchange.exchange();
    // What is set aside goes with this process, and is told to no other on this replica.
    const settled = this.#notLate(exchange.then(() => this.#exchange.settle()));
    await Promise.all([settled, this.#serving.end()]);
    this.#exchange.stop();
    await this.#options.log.close();
  }

  #ignore(rows: readonly IgnoredRow[]): void {
    const last = rows.at(-1);
    if (last === undefined) return;
    const what = `${last.kind} ${last.key} of ${last.node ?? "nobody"}: ${last.reason}`;
    const count = (this.#ignored?.count ?? 0) + rows.length;
    this.#ignored = { count, at: this.#options.runtime.now(), last: escapeText(what, 300) };
    this.#options.onIgnored?.(rows);
  }

  async #record(write: SightingsWrite): Promise<Done> {
    this.#hasRecorded = true;
    const done = await this.#options.channel.write({ kind: "shared", write });
    const { refusals, opened, closed, looked = [] } = write.batch;
    if (refusals.length + opened.length + closed.length + looked.length > 0) this.#exchange.soon();
    return done;
  }

  /** What must be as it was read is compared where all machines write it. */
  async #putSetting(write: SettingWrite): Promise<Done> {
    const { shared, channel, node } = this.#options;
    const { name, value, former } = write;
    if (former !== undefined && !isOwnSetting(name)) {
      try {
        await shared.putSetting(name, value, former, node);
      } catch (error) {
        // Whoever tries again finds what is there.
        if (isHandclaspError(error, "ERR_HANDCLASP_CONFLICT")) await this.#tryToExchange();
        throw error;
      }
      return channel.write({ kind: "shared", write: { kind: "setting", name, value, former: undefined } });
    }
    if (name === LISTENERS_SETTING) await this.#serving.put(value);
    const done = await channel.write({ kind: "shared", write });
    this.#exchange.soon();
    return done;
  }

  /** Nobody waits long for others to be told, or fails for it: what is here is told once it can be. */
  async #tryToExchange(): Promise<void> {
    await this.#notLate(this.#exchange.exchange());
  }

  async #notLate(exchange: Promise<void>): Promise<void> {
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const stop = this.#options.runtime.after(LATE_MS, resolve);
    const over = exchange.catch((error: unknown) => this.#options.onFailure?.(error));
    await Promise.race([over, late]);
    stop();
  }
}
