import { type Command, Option } from "commander";
import type { GatewayConfig, MetricsConfig } from "../../../gateway/config/config.ts";
import { GATEWAY_SETTINGS, METRICS_SETTINGS } from "../../../gateway/config/gateway-settings.ts";
import { LISTENER_SETTINGS } from "../../../gateway/config/listener-settings.ts";
import type { Setting } from "../../../gateway/config/setting.ts";
import { toListener } from "../../../gateway/config/to-listener.ts";
import type { ServerAddress } from "../../../client/servers/server-address.ts";
import type { LogDetail } from "../../log/log-happenings.ts";
import { type PassphraseFlag, passphraseOption } from "../../command-line/passphrase-file.ts";
import {
  addServerOptions,
  addSettings,
  checkServerOptions,
  listenerReading,
  type ServerOptions,
} from "./server-options.ts";
import { settingOption, valuesOf } from "./setting-options.ts";

/** The flags of `gateway`, besides settings. */
export interface GatewayOptions extends ServerOptions, PassphraseFlag {
  /** A file that says everything a listener needs; no other flags then. */
  readonly config?: string;
  readonly to?: string;
  readonly metrics?: ServerAddress;
  readonly log: LogDetail;
  /** Started by the gateway itself: everything else comes from there. */
  readonly worker?: true;
}

/** Adds the options to the command. */
export function addGatewayOptions(command: Command): Command {
  addServerOptions(command, "gateway")
    .addOption(passphraseOption("opens the keys of servers, or encrypts the one that is made"))
    .option(
      "--config <file>",
      "what listeners there are, and all about them: docs/reference/gateway-config.md",
    );
  addSettings(command, "gateway", isMore, {
    [LISTENER_SETTINGS.maxConnections.key]: [settingOption(GATEWAY_SETTINGS.drainTimeoutMs, "gateway")],
  });
  for (const setting of [GATEWAY_SETTINGS.workers, METRICS_SETTINGS.listen, METRICS_SETTINGS.peerLabels]) {
    command.addOption(settingOption(setting, "gateway"));
  }
  return command
    .addOption(
      new Option(
        "--log <detail>",
        "what is logged: changes and refusals, or all connections and requests too",
      )
        .choices(["changes", "connections"])
        .default("changes"),
    )
    .addOption(new Option("--worker").hideHelp());
}

function isMore({ option }: Setting<unknown>): boolean {
  return option !== undefined && option.greets === undefined;
}

/** What the flags say, as a configuration with one listener. Ends with wrong usage when they cannot be. */
export function toGatewayConfig(command: Command, options: GatewayOptions): GatewayConfig {
  checkServerOptions(command, options);
  if (options.to === undefined) return command.error("error: give --to, where connections go, or --config");
  const values = valuesOf(LISTENER_SETTINGS, options);
  return {
    ...valuesOf(GATEWAY_SETTINGS, options),
    store: options.store,
    listeners: [toListener(values, listenerReading(command))],
    metrics: metricsOf(options),
    admin: undefined,
    authorizer: undefined,
  };
}

/** What the flags say of metrics. A file that says something of them is right. */
export function metricsOf(options: GatewayOptions): MetricsConfig | undefined {
  return options.metrics && valuesOf(METRICS_SETTINGS, options);
}
