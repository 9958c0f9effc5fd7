import { Command, Option } from "commander";
import { AUTHORIZER_SETTINGS } from "../gateway/config/authorizer-settings.ts";
import type { AuthorizerConfig } from "../gateway/config/config.ts";
import { GATEWAY_SETTINGS } from "../gateway/config/gateway-settings.ts";
import type { Setting } from "../gateway/config/setting.ts";
import { toAuthorizer } from "../gateway/config/to-authorizer.ts";
import { keepWatchdog, notifyServiceManager, passedSockets } from "../gateway/service-manager.ts";
import { proxyPlace, recordListeners } from "../operator/known-server.ts";
import { openStoreAt } from "../store/open-store.ts";
import { Happenings } from "../trust/happenings/happenings.ts";
import type { StoreUrl } from "../trust/port/store-url.ts";
import { AuthorizerServer } from "./authorizer/authorizer-server.ts";
import { filesOfSecrets } from "./authorizer/secrets.ts";
import { jsonOption } from "./command-line/json-option.ts";
import { storeOption } from "./command-line/store-option.ts";
import { type LogDetail, logHappenings } from "./log/log-happenings.ts";
import { openGatewayLog } from "./log/open-gateway-log.ts";
import { logReplication } from "./log/replication-log.ts";
import { outliveReaders } from "./log/outlive-readers.ts";
import { stopSignal } from "./process/listen.ts";
import { FileWatch } from "./server/file-watch.ts";
import { listenerReading } from "./server/config/server-options.ts";
import { settingOption, valuesOf } from "./server/config/setting-options.ts";
import { awaitStore } from "./server/await-store.ts";
import { warnAbout } from "./server/warn-about.ts";
import { processName } from "./trust-store/process-name.ts";

interface Flags {
  readonly maxPending: number;
  readonly log: LogDetail;
  readonly store: StoreUrl;
  readonly json?: true;
}

/** `authorizer`: tells proxies that end TLS themselves who their clients are. */
export function command(): Command {
  const verb = new Command("authorizer");
  for (const setting of Object.values<Setting<unknown>>(AUTHORIZER_SETTINGS)) {
    verb.addOption(settingOption(setting, "authorizer"));
  }
  return verb
    .addOption(settingOption(GATEWAY_SETTINGS.maxPending, "authorizer"))
    .addOption(
      new Option(
        "--log <detail>",
        "what is logged: changes and refusals, or every time that a client is let in, too",
      )
        .choices(["changes", "connections"])
        .default("changes"),
    )
    .addOption(storeOption())
    .addOption(jsonOption())
    .action(run);
}

async function run(flags: Flags, verb: Command): Promise<void> {
  const stopped = stopSignal();
  const config = toConfig(flags, verb);
  using log = openGatewayLog(flags.json === true);
  outliveReaders(log);
  const happenings = new Happenings();
  logHappenings(happenings, { log, detail: flags.log, printCertificate: false });
  await using store = openStoreAt(flags.store, { process: processName("authorizer") });
  await awaitStore(store);
  const [fd] = passedSockets(process.env, process.pid);
  await using server = await AuthorizerServer.open({
    config,
    store,
    verb: "authorizer",
    maxPending: flags.maxPending,
    happenings,
    log,
    ...(fd !== undefined && { fd }),
  });
  const record = async (): Promise<void> => {
    const { proxyPin } = server;
    if (proxyPin !== undefined) await recordListeners(store, [proxyPlace(proxyPin)], Date.now());
  };
  await record();
  const reread = (cause: "SIGHUP" | "file") => async (): Promise<void> => {
    try {
      server.reread();
      await record();
      log.write({ event: "reloaded", cause });
    } catch (error) {
      log.failed(error);
    }
  };
  const hungUp = reread("SIGHUP");
  process.on("SIGHUP", hungUp);
  using files = new FileWatch(reread("file"));
  files.watch(filesOfSecrets(config));
  const { validity } = config.policy;
  warnAbout({ trustCa: "none", clientCertificate: "required", validity }, log, {
    name: null,
    isOfFile: false,
  });
  log.write({ event: "listening", ...server.told, store: store.url });
  using _replication = logReplication(store, log);
  const status = (): string => `STATUS=${server.unready() ?? "ready"}`;
  await notifyServiceManager(process.env, "READY=1", status());
  const stopWatchdog = keepWatchdog(process.env, async () => [status()]);
  const signal = await stopped;
  process.off("SIGHUP", hungUp);
  stopWatchdog();
  log.write({ event: "stopping", signal });
  await notifyServiceManager(process.env, "STOPPING=1");
}

function toConfig(flags: Flags, verb: Command): AuthorizerConfig {
  const values = valuesOf(AUTHORIZER_SETTINGS, flags);
  if ((values.listen as unknown) === undefined)
    verb.error("error: give --listen, where proxies ask: --listen unix:/run/handclasp/authz.sock");
  return toAuthorizer(values, listenerReading(verb));
}
