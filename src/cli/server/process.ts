import type { ServerAddress } from "../../client/servers/server-address.ts";
import type { GatewayConfig, ListenerConfig } from "../../gateway/config/config.ts";
import { Gateway } from "../../gateway/gateway.ts";
import type { PreparedReload } from "../../gateway/reload/prepared-reload.ts";
import type { GatewayContext } from "../../gateway/gateway-context.ts";
import type { GatewayMetrics } from "../../gateway/metrics/gateway-metrics.ts";
import type { WorkerReport } from "../../gateway/workers/worker-message.ts";
import { openStoreAt } from "../../store/open-store.ts";
import type { PemDir } from "../../store/pem-dir.ts";
import type { KeyPin } from "../../trust/records/key-record.ts";
import type { TrustStore } from "../../trust/port/trust-store.ts";
import { whyUnreadyWith } from "../trust-store/why-unavailable.ts";
import { processName } from "../trust-store/process-name.ts";
import { connectionsByFiles } from "../process/file-capacity.ts";
import { logHappenings } from "../log/log-happenings.ts";
import { Happenings } from "../../trust/happenings/happenings.ts";
import type { ServerIdentity } from "../identities/server-identity.ts";
import { useTrustCa } from "./trust-ca.ts";
import type { AcceptOptions } from "./accepting.ts";
import { awaitStore } from "./await-store.ts";
import { keepPems } from "./keep-pems.ts";
import { logProblem } from "../trace/live/log.ts";
import { TraceOutput } from "../trace/live/output.ts";
import { traceServer } from "../trace/live/server.ts";

export type GatewayProcessOptions = Omit<AcceptOptions, "passphraseFile"> &
  Pick<GatewayContext, "limits" | "ticketKeys" | "listenOn" | "parked">;

/** A gateway in this process, with its store and what is counted. */
export class GatewayProcess implements AsyncDisposable {
  readonly store: TrustStore;
  /** What happens at all of its listeners. */
  readonly happenings: Happenings;
  readonly #gateway: Gateway;
  readonly #identity: ServerIdentity;
  /** What ends when the gateway did. */
  readonly #resources: AsyncDisposableStack;
  readonly #metrics: GatewayMetrics | undefined;
  readonly #trace: TraceOutput | undefined;
  readonly #openedAt: number = Date.now();

  /** Opens the store; listens nowhere yet. */
  static async open(config: GatewayConfig, options: GatewayProcessOptions): Promise<GatewayProcess> {
    await using resources = new AsyncDisposableStack();
    const store = resources.use(openStoreAt(config.store, { process: processName(options.verb) }));
    await awaitStore(store);
    const pemDir = resources.use(await keepPems(store, config.pemDir, options.log));
    const happenings = new Happenings();
    const metrics = resources.use(await metricsOf(config, store, happenings));
    const opened = { store, pemDir, happenings, metrics };
    return new GatewayProcess(config, options, { ...opened, resources: resources.move() });
  }

  private constructor(
    config: GatewayConfig,
    { verb, identity, log, detail, printCertificate, trace, ...sharing }: GatewayProcessOptions,
    { store, pemDir, happenings, metrics, resources }: Opened,
  ) {
    this.store = store;
    this.#identity = identity;
    this.#resources = resources;
    this.#metrics = metrics;
    const onRenewed = (pin: KeyPin): void => pemDir?.renewed(pin);
    this.happenings = happenings;
    logHappenings(happenings, { log, detail, printCertificate, onRenewed });
    this.#trace = trace && new TraceOutput({ format: trace, onProblem: logProblem(log) });
    this.#gateway = new Gateway(config, {
      ...sharing,
      store,
      now: Date.now,
      process: processName(verb),
      identityOf: (files) => identity.of(files),
      useTrustCa,
      maxPending: config.maxPending,
      maxConnections: connectionsByFiles(Math.max(...config.listeners.map(filesEach))),
      happenings,
      onServer: (opened) => {
        if (this.#trace) traceServer(opened.server, this.#trace, log, opened.listener.name);
        return this.#metrics?.watch(opened) ?? nothing;
      },
    });
  }

  /** Listens everywhere, or nowhere: then it throws. */
  start(): Promise<readonly ServerAddress[]> {
    return this.#gateway.start();
  }

  async report(): Promise<WorkerReport> {
    const metrics = (await this.#metrics?.registry.getMetricsAsJSON()) ?? [];
    return { metrics };
  }

  /** Why some clients would not be let in; null when all would. */
  unready(): string | null {
    return whyUnreadyWith(this.store, this.#openedAt);
  }

  /** The first half of taking over another configuration: all that can fail. */
  prepare(config: GatewayConfig): Promise<PreparedReload> {
    this.#identity.reread();
    return this.#gateway.prepare(config);
  }

  /** Accepts nothing any more; resolves when all connections ended, or their time is over. */
  drain(): Promise<void> {
    return this.#gateway.drain();
  }

  /** Ends what runs. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#gateway.close();
    this.#trace?.[Symbol.dispose]();
    await this.#resources[Symbol.asyncDispose]();
  }
}

interface Opened {
  readonly store: TrustStore;
  readonly pemDir: PemDir | undefined;
  readonly happenings: Happenings;
  readonly metrics: GatewayMetrics | undefined;
  readonly resources: AsyncDisposableStack;
}

/** prom-client is loaded by those only who want metrics. */
async function metricsOf(
  { metrics }: GatewayConfig,
  store: TrustStore,
  happenings: Happenings,
): Promise<GatewayMetrics | undefined> {
  if (metrics === undefined) return undefined;
  const { GatewayMetrics: Metrics } = await import("../../gateway/metrics/gateway-metrics.ts");
  return new Metrics({ store, peerLabels: metrics.peerLabels, happenings });
}

/** How many files a connection takes: its own, and the one to its upstream. */
function filesEach({ mode }: ListenerConfig): number {
  return mode === "greet" ? 1 : 2;
}

function nothing(): void {}
