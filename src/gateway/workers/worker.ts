import type { ServerAddress } from "../../client/servers/server-address.ts";
import { isHandclaspError, reasonOf } from "../../errors.ts";
import type { TicketKeys } from "../../guard/tickets/ticket-keys.ts";
import type { FirstUseLimiter } from "../../trust/limits/first-use-limits.ts";
import { LeasedLimits } from "../../trust/limits/leased-limits.ts";
import type { GatewayConfig, ListenerConfig } from "../config/config.ts";
import { fromConfigMessage } from "./config-message.ts";
import type { PreparedReload } from "../reload/prepared-reload.ts";
import type { ListenOn } from "../listening/listener.ts";
import type { Happenings } from "../../trust/happenings/happenings.ts";
import { HappeningsSender } from "./happenings-sender.ts";
import { TicketKeyring } from "../tickets/ticket-keyring.ts";
import type { FromWorker, ToWorker, WorkerError, WorkerReport, WorkerStart } from "./worker-message.ts";

/** What the primary asks of a worker. */
interface WorkerDuties {
  readonly report: () => Promise<WorkerReport>;
  /** Why no client could be let in; null when one could. */
  readonly unready: () => string | null;
  readonly prepare: (config: GatewayConfig) => Promise<PreparedReload>;
}

/** A worker's side of the channel to its primary. */
export class Worker {
  readonly config: GatewayConfig;
  readonly limits: FirstUseLimiter;
  /** Resolves when the primary asks for the end, or is gone. */
  readonly drained: Promise<void>;
  readonly #keyring: TicketKeyring;
  readonly #sockets: ReadonlyMap<ListenerConfig["name"], number>;
  readonly #leased: LeasedLimits;
  readonly #duties = Promise.withResolvers<WorkerDuties>();
  readonly #sender = new HappeningsSender((batch) => send({ type: "happenings", ...batch }));
  readonly #prepared = new Map<number, Promise<PreparedReload>>();

  /** Waits for what the primary has to say first. */
  static async begin(): Promise<Worker> {
    const { promise, resolve } = Promise.withResolvers<Worker>();
    // Made at once: the next message may come with this one.
    process.once("message", (start: WorkerStart) => resolve(new Worker(start)));
    return await promise;
  }

  private constructor({ config, sockets, secrets, heard, lease }: WorkerStart) {
    this.#sender.hear(heard);
    this.config = fromConfigMessage(config);
    this.#sockets = new Map(sockets);
    this.#keyring = new TicketKeyring(secrets, (generation) => void send({ type: "renew", generation }));
    this.#leased = new LeasedLimits(lease, () => setImmediate(() => this.#spent()));
    this.limits = this.#leased;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.drained = promise;
    process.on("message", (message: ToWorker) => {
      if (message.type === "drain") resolve();
      else this.#received(message);
    });
    process.once("disconnect", resolve);
  }

  ticketKeys(context: string): TicketKeys {
    return this.#keyring.keysFor(context);
  }

  /** Sockets of listeners that a reload removed: other processes have them, too, so the kernel goes on to fill them. */
  get parked(): readonly ListenerConfig["name"][] {
    const names = new Set(this.config.listeners.map(({ name }) => name));
    return [...this.#sockets.keys()].filter((name) => !names.has(name));
  }

  listenOn({ name }: ListenerConfig): ListenOn {
    const fd = this.#sockets.get(name);
    return fd === undefined ? { reusePort: true } : { fd };
  }

  /** Tells the primary what happens, as far as it wants to hear it. */
  follow(happenings: Happenings): void {
    this.#sender.follow(happenings);
  }

  /** Resolves when the primary was told all that happened. */
  told(): Promise<void> {
    return this.#sender.sent();
  }

  /** Says that connections are accepted; from now on the duties are called upon. */
  listening(addresses: readonly ServerAddress[], duties: WorkerDuties): void {
    this.#duties.resolve(duties);
    void send({ type: "listening", addresses });
  }

  /** Resolves when the primary was told. */
  failed(error: unknown): Promise<void> {
    return send({ type: "failed", error: toWorkerError(error) });
  }

  #received(message: ToWorker): void {
    switch (message.type) {
      case "tickets":
        this.#keyring.update(message.secrets);
        break;
      case "grant":
        this.#leased.grant(message, performance.now());
        break;
      case "hear":
        this.#sender.hear(message.types);
        break;
      case "prepare":
        void this.#prepare(message.id, fromConfigMessage(message.config));
        break;
      case "commit":
      case "abandon":
        void this.#settle(message.id, message.type);
        break;
      case "report":
        void this.#report(message.id);
        break;
      case "health":
        void this.#health(message.id);
        break;
    }
  }

  /** What comes before the duties are known waits for them. */
  async #prepare(id: number, config: GatewayConfig): Promise<void> {
    const prepared = this.#duties.promise.then((duties) => duties.prepare(config));
    this.#prepared.set(id, prepared);
    const error = await prepared.then(
      () => null,
      (cause: unknown) => toWorkerError(cause),
    );
    await send({ type: "prepared", id, error });
  }

  async #settle(id: number, how: "commit" | "abandon"): Promise<void> {
    const prepared = await this.#prepared.get(id)?.catch(() => undefined);
    this.#prepared.delete(id);
    prepared?.[how]();
    if (how === "commit") await send({ type: "committed", id });
  }

  async #report(id: number): Promise<void> {
    const duties = await this.#duties.promise;
    await send({ type: "report", id, report: await duties.report() });
  }

  async #health(id: number): Promise<void> {
    const duties = await this.#duties.promise;
    await send({ type: "health", id, unready: duties.unready() });
  }

  #spent(): void {
    void send({ type: "spent", ...this.#leased.drain() });
  }
}

function toWorkerError(error: unknown): WorkerError {
  const message = reasonOf(error);
  const ours = isHandclaspError(error);
  return {
    code: ours ? error.code : "ERR_HANDCLASP_OPTION",
    message,
    hint: ours ? error.hint : undefined,
    remedies: ours ? error.remedies : [],
  };
}

/** Without its primary a worker drains: what it would say no longer matters. */
function send(message: FromWorker): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (process.send === undefined || !process.connected) resolve();
  else process.send(message, undefined, undefined, () => resolve());
  return promise;
}
