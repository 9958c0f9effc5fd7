import { type Command, Option } from "commander";
import type { StoreUrl } from "../../../trust/port/store-url.ts";
import { GATEWAY_SETTINGS } from "../../../gateway/config/gateway-settings.ts";
import { LISTENER_SETTINGS } from "../../../gateway/config/listener-settings.ts";
import type { Setting, SettingTable } from "../../../gateway/config/setting.ts";
import type { ListenerReading } from "../../../gateway/config/to-listener.ts";
import { describeUsage } from "../../command-line/as-argument.ts";
import { jsonOption } from "../../command-line/json-option.ts";
import { storeOption } from "../../command-line/store-option.ts";
import { type TraceFormat, traceOption } from "../../trace/formats/format.ts";
import { flagOf, type ServerVerb, settingOption } from "./setting-options.ts";

/** What `serve` and the gateway have in common, besides settings. */
export interface ServerOptions {
  readonly printCertificate?: true;
  /** Printed on stdout. */
  readonly trace?: TraceFormat;
  readonly store: StoreUrl;
  readonly json?: true;
}

/** Adds the options; a value that one cannot have is wrong usage. */
export function addServerOptions(command: Command, verb: ServerVerb): Command {
  addSettings(command, verb, ({ option }) => option?.greets !== undefined, {
    [LISTENER_SETTINGS.minTls.key]: [settingOption(GATEWAY_SETTINGS.pemDir, verb)],
    [LISTENER_SETTINGS.handshakeTimeoutMs.key]: [printOption(), traceOption()],
  });
  return command
    .addOption(settingOption(GATEWAY_SETTINGS.maxPending, verb))
    .addOption(storeOption())
    .addOption(jsonOption());
}

function printOption(): Option {
  return new Option("--print-certificate", "print each client's certificate as PEM");
}

/** Adds the options of a listener that fit, with others in front of those of some keys. */
export function addSettings(
  command: Command,
  verb: ServerVerb,
  fits: (setting: Setting<unknown>) => boolean,
  inFront: Readonly<Record<string, readonly Option[]>>,
): void {
  const table: SettingTable = LISTENER_SETTINGS;
  for (const setting of Object.values(table).filter(fits)) {
    for (const option of inFront[setting.key] ?? []) command.addOption(option);
    command.addOption(settingOption(setting, verb));
  }
}

/** What options that do not go together are told. Ends with wrong usage. */
export function checkServerOptions(command: Command, { trace, printCertificate }: ServerOptions): void {
  if (trace === "pcapng" && printCertificate === true) {
    command.error("error: --trace=pcapng and --print-certificate do not go together on stdout");
  }
}

/** Reads what is said of a listener on a command line. What cannot be ends with wrong usage. */
export function listenerReading(command: Command): ListenerReading {
  return {
    spell: flagOf,
    misplaced: (setting, mode) => `${flagOf(setting)} is for --mode ${mode}`,
    complain: (_, complaint) => command.error(`error: ${describeUsage(complaint)}`),
    resolve: (path) => path,
  };
}
