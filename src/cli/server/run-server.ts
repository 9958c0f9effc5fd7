import { formatServerAddress } from "../../client/servers/server-address.ts";
import type { GuardedServer } from "../admin/guarded-server.ts";
import type { GatewayConfig } from "../../gateway/config/config.ts";
import type { MetricsServer } from "../../gateway/metrics/metrics-server.ts";
import { keepWatchdog, notifyServiceManager } from "../../gateway/service-manager.ts";
import { whyUnready } from "../../gateway/workers/why-unready.ts";
import { workerCount } from "../../gateway/workers/worker-count.ts";
import { ServerIdentity } from "../identities/server-identity.ts";
import { acceptAlone } from "./accept-alone.ts";
import type { Accepting, AcceptOptions } from "./accepting.ts";
import { Announcer } from "./announcer.ts";
import type { ConfigSource } from "./config/config-source.ts";
import { logReplication } from "../log/replication-log.ts";
import { stopSignal } from "../process/listen.ts";
import { type OpenedAuthorizer, openAuthorizer } from "./open-authorizer.ts";
import { ServerReload, type ServerReloadOptions } from "./reload.ts";

export interface RunOptions extends Omit<AcceptOptions, "identity">, Pick<ServerReloadOptions, "isAsked"> {
  readonly source: ConfigSource;
  /** As the source says at the start. */
  readonly config: GatewayConfig;
  /** Ours. */
  readonly version: string;
}

/** A server from its start to its end: says that it is ready, and how it is, until it is told to stop. */
export async function runServer({ source, config, isAsked, version, ...options }: RunOptions): Promise<void> {
  const { log } = options;
  const stopped = stopSignal();
  const identity = new ServerIdentity(config.store, source.secret);
  const accepting = await accept(config, { ...options, identity });
  let authorizer: OpenedAuthorizer | undefined;
  const metrics = await openMetrics(accepting, config, () => authorizer);
  let admin: GuardedServer | undefined;
  try {
    if (metrics !== undefined) {
      const address = await metrics.listen();
      log.write({ event: "metrics", address: formatServerAddress(address), ...address });
    }
    const { store } = accepting;
    using _replication = logReplication(store, log);
    admin = await openAdminServer(config, { ...options, store, identity, version });
    authorizer = await openAuthorizer(config, { ...options, store });
    const reload = async (next: GatewayConfig): ReturnType<Accepting["reload"]> => {
      const addresses = await accepting.reload(next);
      if (next.admin !== undefined) admin?.present(await identity.of(next.admin.certificate));
      authorizer?.server.reread();
      return addresses;
    };
    const announcer = new Announcer({
      store,
      identity,
      log,
      isOfFile: source.file !== undefined,
      proxyPin: () => authorizer?.server.proxyPin,
    });
    // Before anybody is told that there is a server: unheard, a SIGHUP would end it.
    using reloading = new ServerReload({ source, config, identity, announcer, log, reload, isAsked });
    await reloading.begin(accepting.addresses);
    await notifyServiceManager(process.env, "READY=1", statusOf(await accepting.health()));
    // A restart does not bring a disk back: only processes that stand still are not alive.
    const stopWatchdog = keepWatchdog(process.env, async () => {
      const health = await accepting.health();
      if (!health.some(({ awake }) => awake)) return null;
      return [statusOf(health)];
    });
    const signal = await stopped;
    const again = stopSignal();
    stopWatchdog();
    log.write({ event: "stopping", signal });
    if (metrics !== undefined) metrics.draining = true;
    await notifyServiceManager(process.env, "STOPPING=1");
    await Promise.race([accepting.drain(), again]);
  } finally {
    await admin?.[Symbol.asyncDispose]();
    await authorizer?.[Symbol.asyncDispose]();
    await accepting.stop();
    await metrics?.[Symbol.asyncDispose]();
  }
}

function statusOf(health: Parameters<typeof whyUnready>[0]): string {
  return `STATUS=${whyUnready(health) ?? "ready"}`;
}

/** The page is loaded by those only who serve it. */
async function openAdminServer(
  { admin: config, maxPending }: GatewayConfig,
  { store, identity, log, verb, version }: AdminServerOptions,
): Promise<GuardedServer | undefined> {
  if (config === undefined) return undefined;
  const [{ GuardedServer: Server }, { loadPageFiles }] = await Promise.all([
    import("../admin/guarded-server.ts"),
    import("../admin/page-files.ts"),
  ]);
  const server = await Server.open({
    config,
    store,
    identity: await identity.of(config.certificate),
    page: await loadPageFiles(),
    verb,
    version,
    maxPending,
    onError: (error) => log.failed(error, "admin"),
  });
  const { address } = server;
  const [host = ""] = server.hosts;
  log.write({ event: "admin", address: formatServerAddress(address), ...address, url: `https://${host}/` });
  return server;
}

type AdminServerOptions = Pick<AcceptOptions, "identity" | "log" | "verb"> &
  Pick<Accepting, "store"> &
  Pick<RunOptions, "version">;

/** What starts processes is loaded by those only who have several. */
async function accept(config: GatewayConfig, options: AcceptOptions): Promise<Accepting> {
  const count = workerCount(config.workers);
  if (count === 1) return await acceptAlone(config, options);
  const { acceptByWorkers } = await import("./accept-by-workers.ts");
  return await acceptByWorkers(config, count, options);
}

/** prom-client is loaded by those only who want metrics. */
async function openMetrics(
  accepting: Accepting,
  { metrics }: GatewayConfig,
  authorizer: () => OpenedAuthorizer | undefined,
): Promise<MetricsServer | undefined> {
  if (metrics === undefined) return undefined;
  const { MetricsServer: Metrics } = await import("../../gateway/metrics/metrics-server.ts");
  return new Metrics({
    listen: metrics.listen,
    health: accepting.health,
    async reports() {
      const own = await authorizer()?.metrics?.report();
      return [...(await accepting.reports()), ...(own === undefined ? [] : [own])];
    },
  });
}
