import { Command } from "commander";
import { formatServerAddress, type ServerAddress } from "../client/servers/server-address.ts";
import type { GatewayConfig, ListenerConfig } from "../gateway/config/config.ts";
import type { ListenOn } from "../gateway/listening/listener.ts";
import type { MetricsServer, MetricsServerOptions } from "../gateway/metrics/metrics-server.ts";
import { Primary } from "../gateway/workers/primary.ts";
import { keepWatchdog, notifyServiceManager, passedSockets } from "../gateway/service-manager.ts";
import { TicketKeyring } from "../gateway/tickets/ticket-keyring.ts";
import { TICKET_ROTATION, TicketSecretSource } from "../gateway/tickets/ticket-secrets.ts";
import { workerCount } from "../gateway/workers/worker-count.ts";
import { whyUnready } from "../gateway/workers/why-unready.ts";
import { Worker } from "../gateway/workers/worker.ts";
import { HandclaspError } from "../errors.ts";
import { addGatewayOptions, type GatewayOptions } from "./server/gateway-options.ts";
import { type ConfigSource, configSource } from "./server/gateway-config.ts";
import { logWorkers, openGatewayLog } from "./log/gateway-log.ts";
import { announceListeners, GatewayProcess } from "./server/process.ts";
import { GatewayReload } from "./server/reload.ts";
import { keepPems } from "./server/keep-pems.ts";
import { outliveReaders } from "./log/outlive-readers.ts";
import { ownCommand } from "./server/own-command.ts";
import { passphraseFrom } from "./command-line/passphrase-file.ts";
import { stopSignal } from "./server/listen.ts";
import type { EventLog } from "./log/event-log.ts";

/** `gateway`: lets clients it knows through to a service. */
export function command(): Command {
  return addGatewayOptions(new Command("gateway")).action(run);
}

async function run(options: GatewayOptions, verb: Command): Promise<void> {
  using log = openGatewayLog(options.json === true);
  outliveReaders(log);
  if (options.worker === true) return await work(log, options);
  const source = configSource(verb, options);
  const config = source.read();
  const count = workerCount(config.workers);
  if (count > 1 && options.trace !== undefined) verb.error("error: --trace needs --workers 1");
  const accepting =
    count === 1 ? await startAlone(config, log, options) : await startWorkers(config, count, log, options);
  await serveBy(accepting, { source, config, log });
}

/** What accepts connections: this process, or several. */
interface Accepting extends Pick<MetricsServerOptions, "reports" | "health"> {
  readonly addresses: readonly ServerAddress[];
  /** Takes over another configuration, or throws and keeps the one it has. Returns the addresses. */
  readonly reload: (config: GatewayConfig) => Promise<readonly ServerAddress[]>;
  /** Lets connections finish as long as the configuration says. */
  readonly drain: () => Promise<void>;
  /** Ends all at once. */
  readonly stop: () => Promise<void>;
}

interface Serving {
  readonly source: ConfigSource;
  readonly config: GatewayConfig;
  readonly log: EventLog;
}

/** Says that it is ready, and how it is, until it is told to stop. */
async function serveBy(accepting: Accepting, { source, config, log }: Serving): Promise<void> {
  const stopped = stopSignal();
  const metrics = await openMetrics(accepting, config);
  try {
    if (metrics !== undefined) {
      const address = await metrics.listen();
      log.write({ event: "metrics", address: formatServerAddress(address), ...address });
    }
    await using pems = await keepPems(config, log);
    void pems;
    // Before anybody is told that there is a gateway: unheard, a SIGHUP would end it.
    using reloading = new GatewayReload({ source, config, log, reload: accepting.reload });
    void reloading;
    await announceListeners(config, accepting.addresses, log, source);
    await notifyServiceManager(process.env, "READY=1", "STATUS=ready");
    // A restart does not bring a disk back: only processes that stand still are not alive.
    const stopWatchdog = keepWatchdog(process.env, async () => {
      const health = await accepting.health();
      if (!health.some(({ awake }) => awake)) return null;
      return [`STATUS=${whyUnready(health) ?? "ready"}`];
    });
    const signal = await stopped;
    const again = stopSignal();
    stopWatchdog();
    log.write({ event: "stopping", signal });
    if (metrics !== undefined) metrics.draining = true;
    await notifyServiceManager(process.env, "STOPPING=1");
    await Promise.race([accepting.drain(), again]);
  } finally {
    await accepting.stop();
    await metrics?.[Symbol.asyncDispose]();
  }
}

/** prom-client is loaded by those only who want metrics. */
async function openMetrics(
  accepting: Accepting,
  { metrics }: GatewayConfig,
): Promise<MetricsServer | undefined> {
  if (metrics === undefined) return undefined;
  const { MetricsServer: Metrics } = await import("../gateway/metrics/metrics-server.ts");
  return new Metrics({ ...accepting, listen: metrics.listen });
}

async function startAlone(
  config: GatewayConfig,
  log: EventLog,
  { log: detail, printCertificate, trace, ...options }: GatewayOptions,
): Promise<Accepting> {
  const source = new TicketSecretSource(TICKET_ROTATION, (secrets) => keyring.update(secrets));
  const keyring = new TicketKeyring(source.secrets, (generation) => source.renew(generation));
  const listenOn = socketsFor(config);
  const gateway = await GatewayProcess.open(config, {
    log,
    detail,
    printCertificate: printCertificate === true,
    ...passphraseFrom(options),
    ...(trace !== undefined && { trace }),
    ticketKeys: (context) => keyring.keysFor(context),
    ...(listenOn && { listenOn }),
  });
  const stop = async (): Promise<void> => {
    source[Symbol.dispose]();
    await gateway[Symbol.asyncDispose]();
  };
  const reload = async (next: GatewayConfig): Promise<readonly ServerAddress[]> => {
    const addresses = await gateway.reload(next);
    // Guards that are new do not know whom former ones gave tickets to.
    source.holdersLost();
    return addresses;
  };
  try {
    const addresses = await gateway.start();
    return {
      addresses,
      reports: async () => [await gateway.report()],
      health: async () => [{ awake: true, unready: gateway.unready() }],
      reload,
      drain: () => gateway.drain(),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startWorkers(
  config: GatewayConfig,
  count: number,
  log: EventLog,
  { log: detail, printCertificate, passphraseFile }: GatewayOptions,
): Promise<Accepting> {
  if (config.store.file === null) {
    throw new HandclaspError("ERR_HANDCLASP_OPTION", "several workers cannot share the store memory:", {
      hint: "use --workers 1, or a store in a file",
    });
  }
  const print = printCertificate === true ? ["--print-certificate"] : [];
  const secret = passphraseFile === undefined ? [] : ["--passphrase-file", passphraseFile];
  const primary = new Primary(config, {
    count,
    command: ownCommand("gateway", "--worker", "--json", "--log", detail, ...print, ...secret),
    sockets: passedSockets(process.env, process.pid),
    onEvent: logWorkers(log),
  });
  const addresses = await primary.start();
  return {
    addresses,
    reports: () => primary.reports(),
    health: () => primary.health(),
    reload: (next) => primary.reload(next),
    drain: () => primary.stop(),
    stop: () => primary.stop("SIGKILL"),
  };
}

/** The worker of another process of ours. */
async function work(log: EventLog, options: GatewayOptions): Promise<void> {
  // Signals to the whole group are the primary's to act on.
  for (const signal of ["SIGINT", "SIGHUP"] as const) process.on(signal, () => undefined);
  const worker = await Worker.begin();
  const stopped = Promise.race([worker.drained, once("SIGTERM")]);
  try {
    await using gateway = await GatewayProcess.open(worker.config, {
      log,
      detail: options.log,
      printCertificate: options.printCertificate === true,
      ...passphraseFrom(options),
      limits: worker.limits,
      ticketKeys: (context) => worker.ticketKeys(context),
      listenOn: (listener) => worker.listenOn(listener),
      parked: worker.parked,
    });
    const addresses = await gateway.start();
    worker.listening(addresses, {
      report: () => gateway.report(),
      unready: () => gateway.unready(),
      prepare: (next) => gateway.prepare(next),
    });
    await stopped;
    await gateway.drain();
  } catch (error) {
    await worker.failed(error);
  } finally {
    process.disconnect?.();
  }
}

function once(signal: NodeJS.Signals): Promise<void> {
  return new Promise((resolve) => process.once(signal, () => resolve()));
}

function socketsFor({
  listeners,
}: GatewayConfig): ((listener: ListenerConfig) => ListenOn | undefined) | undefined {
  const sockets = passedSockets(process.env, process.pid);
  if (sockets.length === 0) return undefined;
  if (sockets.length !== listeners.length) {
    throw new HandclaspError(
      "ERR_HANDCLASP_OPTION",
      `${sockets.length} sockets were passed for ${listeners.length} listeners`,
      { hint: "the socket unit needs one ListenStream for each listener, in their order" },
    );
  }
  const byName = new Map(listeners.map(({ name }, at) => [name, sockets[at]]));
  // A listener that comes with a reload has an address only.
  return ({ name }) => {
    const fd = byName.get(name);
    return fd === undefined ? undefined : { fd };
  };
}
