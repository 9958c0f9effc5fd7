import { reasonOf } from "../../errors.ts";
import type { ServerAddress } from "../../client/servers/server-address.ts";
import type { GatewayConfig } from "../../gateway/config/config.ts";
import { escapeText } from "../../trust/naming/peer-name.ts";
import type { ServerIdentity } from "../identities/server-identity.ts";
import type { EventLog } from "../log/event-log.ts";
import { hintText } from "../terminal/hint-text.ts";
import type { Announcer } from "./announcer.ts";
import { type ConfigSource, filesOf } from "./config/config-source.ts";
import { FileWatch } from "./file-watch.ts";

export interface ServerReloadOptions {
  readonly source: ConfigSource;
  readonly config: GatewayConfig;
  readonly identity: ServerIdentity;
  readonly announcer: Announcer;
  readonly log: EventLog;
  /** Takes over another configuration, or throws and keeps the one it has. */
  readonly reload: (config: GatewayConfig) => Promise<readonly ServerAddress[]>;
  /**
   * Whether it is a service that is asked to reload, by SIGHUP too, and says that it did. Others follow their files, and
   * say what came of it: to them SIGHUP means that their terminal is gone.
   */
  readonly isAsked: boolean;
}

type Cause = "SIGHUP" | "file";

/** What only a restart changes. */
const FIXED = ["store", "workers", "metrics", "admin", "authorizer", "maxPending", "pemDir"] as const;
const MOST_BYTES = 8192;

/** Reads the configuration again on SIGHUP and when one of its files changes. A bad one changes nothing, and is said. */
export class ServerReload implements Disposable {
  readonly #options: ServerReloadOptions;
  readonly #watch = new FileWatch(() => this.#read("file"));
  #running: GatewayConfig;
  #reading: Promise<void> = Promise.resolve();

  constructor(options: ServerReloadOptions) {
    const { source, config, identity, isAsked } = options;
    this.#options = options;
    this.#running = config;
    this.#watch.watch(filesOf(source, config, identity));
    if (isAsked) process.on("SIGHUP", this.#hungUp);
  }

  /** Announces what it begins with. What was asked for meanwhile comes behind it. */
  async begin(addresses: readonly ServerAddress[]): Promise<void> {
    const { announcer, identity } = this.#options;
    const begun = announcer.record(this.#running, addresses).then((news) => announcer.tell(news));
    this.#reading = begun.catch(() => undefined);
    await begun;
    // Between their reading and now files may have changed already.
    if (await identity.hasChanged().catch(() => true)) this.#read("file");
  }

  [Symbol.dispose](): void {
    process.off("SIGHUP", this.#hungUp);
    this.#watch[Symbol.dispose]();
  }

  readonly #hungUp = (): void => this.#read("SIGHUP");

  #read(cause: Cause): void {
    this.#reading = this.#reading.then(() => this.#reload(cause));
  }

  async #reload(cause: Cause): Promise<void> {
    const { source, identity, announcer, reload, log } = this.#options;
    try {
      const read = source.read();
      this.#watch.watch(filesOf(source, read, identity));
      const fixed = Object.fromEntries(FIXED.map((key) => [key, this.#running[key]]));
      const config: GatewayConfig = { ...read, ...fixed };
      const ignored = FIXED.filter((key) => JSON.stringify(read[key]) !== JSON.stringify(this.#running[key]));
      const addresses = await reload(config);
      this.#running = config;
      const news = await announcer.record(config, addresses);
      this.#reloaded(cause, news.filter(({ isReady }) => isReady).length);
      if (ignored.length > 0) {
        log.warn(`only a restart changes ${ignored.join(", ")}: what was set before goes on`);
      }
      announcer.tell(news);
    } catch (error) {
      this.#failed(cause, error);
    }
  }

  #reloaded(cause: Cause, changed: number): void {
    const { log, isAsked } = this.#options;
    const { length: listeners } = this.#running.listeners;
    if (isAsked) log.write({ event: "reloaded", cause, listeners, changed });
  }

  #failed(cause: Cause, error: unknown): void {
    const { log, isAsked } = this.#options;
    if (!isAsked) return log.failed(error);
    const message = escapeText(reasonOf(error).replaceAll("\n", "; "), MOST_BYTES);
    log.write({ event: "reload-failed", cause, message, hint: hintText(error) ?? null });
  }
}
