import { reasonOf } from "../../errors.ts";
import { formatServerAddress, type ServerAddress } from "../../client/servers/server-address.ts";
import type { CertificateFiles, GatewayConfig, ListenerConfig } from "../../gateway/config/config.ts";
import type { GatewayEvent } from "../../gateway/gateway-event.ts";
import { Gateway, type PreparedReload } from "../../gateway/gateway.ts";
import type { GatewayContext } from "../../gateway/gateway-context.ts";
import type { GatewayMetrics } from "../../gateway/metrics/gateway-metrics.ts";
import type { WorkerReport } from "../../gateway/workers/worker-message.ts";
import { openStoreAt } from "../../store/open-store.ts";
import type { TrustStore } from "../../trust/port/trust-store.ts";
import { processName } from "../trust-store/process-name.ts";
import { connectionsByFiles } from "./file-capacity.ts";
import type { ConfigSource } from "./gateway-config.ts";
import { type LogDetail, logGateway } from "../log/gateway-log.ts";
import { recordListeners, type ServerPlace } from "../../operator/known-server.ts";
import { serverIdentity } from "../identities/server-identity.ts";
import type { EventLog } from "../log/event-log.ts";
import { useTrustCa } from "./trust-ca.ts";
import { warnAbout } from "./warn-about.ts";
import type { TraceFormat } from "../trace/formats/format.ts";
import { logProblem } from "../trace/live/log.ts";
import { TraceOutput } from "../trace/live/output.ts";
import { traceServer } from "../trace/live/server.ts";

export interface GatewayProcessOptions extends Pick<
  GatewayContext,
  "limits" | "ticketKeys" | "listenOn" | "parked"
> {
  readonly log: EventLog;
  readonly detail: LogDetail;
  readonly printCertificate: boolean;
  /** Opens keys that are encrypted. */
  readonly passphrase?: string;
  /** Printed on stdout. */
  readonly trace?: TraceFormat;
}

/** A gateway in this process, with its store and what is counted. */
export class GatewayProcess implements AsyncDisposable {
  readonly #store: TrustStore;
  readonly #gateway: Gateway;
  readonly #metrics: GatewayMetrics | undefined;
  readonly #trace: TraceOutput | undefined;

  /** Opens the store; listens nowhere yet. */
  static async open(config: GatewayConfig, options: GatewayProcessOptions): Promise<GatewayProcess> {
    const store = openStoreAt(config.store, { process: processName("gateway") });
    const { metrics } = config;
    if (metrics === undefined) return new GatewayProcess(config, options, store);
    // prom-client is loaded by those only who want metrics.
    const { GatewayMetrics: Metrics } = await import("../../gateway/metrics/gateway-metrics.ts");
    return new GatewayProcess(config, options, store, new Metrics({ store, peerLabels: metrics.peerLabels }));
  }

  private constructor(
    config: GatewayConfig,
    { log, detail, printCertificate, passphrase, trace, ...sharing }: GatewayProcessOptions,
    store: TrustStore,
    metrics?: GatewayMetrics,
  ) {
    this.#store = store;
    this.#metrics = metrics;
    const secret = passphrase === undefined ? {} : { passphrase };
    const logEvent = logGateway(log, { detail, printCertificate });
    this.#trace = trace && new TraceOutput({ format: trace, onProblem: logProblem(log) });
    this.#gateway = new Gateway(config, {
      ...sharing,
      store,
      now: Date.now,
      process: processName("gateway"),
      identityOf: (files: CertificateFiles | undefined) => serverIdentity(store, { ...files, ...secret }),
      useTrustCa,
      maxPending: config.maxPending,
      maxConnections: connectionsByFiles(),
      onEvent: (event: GatewayEvent) => {
        this.#metrics?.onEvent(event);
        logEvent(event);
        if (event.type === "server-opened" && this.#trace) {
          traceServer(event.server, this.#trace, log, event.listener.name);
        }
      },
      onError: (error, listener) => log.failed(error, listener),
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

  /** Why no client could be let in; null when one could. */
  unready(): string | null {
    try {
      this.#store.firstUseOpenUntil();
      return null;
    } catch (error) {
      return `the trust store is not available: ${reasonOf(error)}`;
    }
  }

  /** Takes over another configuration, or throws and keeps the one it has. */
  reload(config: GatewayConfig): Promise<readonly ServerAddress[]> {
    return this.#gateway.reload(config);
  }

  /** The first half of a reload: all that can fail. */
  prepare(config: GatewayConfig): Promise<PreparedReload> {
    return this.#gateway.prepare(config);
  }

  /** Accepts nothing any more; resolves when all connections ended, or their time is over. */
  drain(): Promise<void> {
    return this.#gateway.drain();
  }

  /** Ends what runs. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#gateway.close();
    this.#metrics?.[Symbol.dispose]();
    this.#trace?.[Symbol.dispose]();
    await this.#store.close();
  }
}

/**
 * Records where listeners are and which keys they have, for those who invite clients, warns of what weakens them, and
 * says that they are ready.
 */
export async function announceListeners(
  config: GatewayConfig,
  addresses: readonly ServerAddress[],
  log: EventLog,
  { file, secret }: Pick<ConfigSource, "file" | "secret">,
): Promise<void> {
  await using store = openStoreAt(config.store, { process: processName("gateway") });
  const servers: ServerPlace[] = [];
  for (const [at, address] of addresses.entries()) {
    const { facts: shown } = await serverIdentity(store, { ...config.listeners[at]?.certificate, ...secret });
    servers.push({ ...address, address: formatServerAddress(address), pin: shown.pin });
  }
  const records = await recordListeners(store, servers, Date.now());
  for (const [at, record] of records.entries()) {
    const listener = config.listeners[at];
    if (listener === undefined) continue;
    const { validity } = listener.policy;
    warnAbout({ ...listener, validity }, log, { name: listener.name, isOfFile: file !== undefined });
    log.write({ event: "listening", ...facts(listener), ...record, store: store.url });
  }
}

function facts(listener: ListenerConfig): object {
  const { name, mode, policy, clientCertificate, trustCa } = listener;
  if (mode === "greet") return { ...policy, clientCertificate, trustCa };
  const { to } = listener;
  const upstream = to.kind === "unix" ? `unix:${to.path}` : formatServerAddress(to.address);
  return { listener: name, mode, to: upstream, ...policy, clientCertificate, trustCa };
}
