import { reasonOf } from "../../errors.ts";
import type { ServerAddress } from "../../client/servers/server-address.ts";
import type { GatewayConfig } from "../../gateway/config/config.ts";
import { escapeText } from "../../trust/naming/peer-name.ts";
import { type ConfigSource, filesOf } from "./gateway-config.ts";
import { hintText } from "../terminal/hint-text.ts";
import { announceListeners } from "./process.ts";
import type { EventLog } from "../log/event-log.ts";
import { FileWatch } from "./file-watch.ts";

export interface GatewayReloadOptions {
  readonly source: ConfigSource;
  readonly config: GatewayConfig;
  readonly log: EventLog;
  /** Takes over another configuration, or throws and keeps the one it has. */
  readonly reload: (config: GatewayConfig) => Promise<readonly ServerAddress[]>;
}

/** What only a restart changes. */
const FIXED = ["store", "workers", "metrics", "maxPending", "pemDir"] as const;
const MOST_BYTES = 8192;

/** Reads the configuration again on SIGHUP and when one of its files changes. A bad one changes nothing, and is said. */
export class GatewayReload implements Disposable {
  readonly #options: GatewayReloadOptions;
  readonly #watch = new FileWatch(() => this.#read("file"));
  #running: GatewayConfig;
  #reading: Promise<void> = Promise.resolve();

  constructor(options: GatewayReloadOptions) {
    this.#options = options;
    this.#running = options.config;
    this.#watch.watch(filesOf(options.source, options.config));
    process.on("SIGHUP", this.#hungUp);
  }

  [Symbol.dispose](): void {
    process.off("SIGHUP", this.#hungUp);
    this.#watch[Symbol.dispose]();
  }

  readonly #hungUp = (): void => this.#read("SIGHUP");

  #read(cause: "SIGHUP" | "file"): void {
    this.#reading = this.#reading.then(() => this.#reload(cause));
  }

  async #reload(cause: "SIGHUP" | "file"): Promise<void> {
    const { source, reload, log } = this.#options;
    try {
      const read = source.read();
      this.#watch.watch(filesOf(source, read));
      const fixed = Object.fromEntries(FIXED.map((key) => [key, this.#running[key]]));
      const config: GatewayConfig = { ...read, ...fixed };
      const ignored = FIXED.filter((key) => JSON.stringify(read[key]) !== JSON.stringify(this.#running[key]));
      const addresses = await reload(config);
      const before = new Map(
        this.#running.listeners.map((listener) => [listener.name, JSON.stringify(listener)]),
      );
      this.#running = config;
      const changed = config.listeners.flatMap((listener, at) => {
        const address = addresses[at];
        const isSame = before.get(listener.name) === JSON.stringify(listener);
        return isSame || address === undefined ? [] : [{ listener, address }];
      });
      log.write({ event: "reloaded", cause, listeners: config.listeners.length, changed: changed.length });
      if (ignored.length > 0) {
        log.warn(`only a restart changes ${ignored.join(", ")}: what was set before goes on`);
      }
      const listeners = changed.map(({ listener }) => listener);
      const where = changed.map(({ address }) => address);
      await announceListeners({ ...config, listeners }, where, log, source);
    } catch (error) {
      const said = reasonOf(error);
      const message = escapeText(said.replaceAll("\n", "; "), MOST_BYTES);
      const hint = hintText(error) ?? null;
      log.write({ event: "reload-failed", cause, message, hint });
    }
  }
}
