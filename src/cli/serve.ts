import { Command } from "commander";
import type { GatewayConfig } from "../gateway/config/config.ts";
import { GATEWAY_SETTINGS } from "../gateway/config/gateway-settings.ts";
import { LISTENER_SETTINGS } from "../gateway/config/listener-settings.ts";
import { toListenerSettings } from "../gateway/config/to-listener.ts";
import { type PassphraseFlag, passphraseFrom, passphraseOption } from "./command-line/passphrase-file.ts";
import { ServeLog } from "./log/event-log.ts";
import { outliveReaders } from "./log/outlive-readers.ts";
import { runServer } from "./server/run-server.ts";
import {
  addServerOptions,
  checkServerOptions,
  listenerReading,
  type ServerOptions,
} from "./server/config/server-options.ts";
import { valuesOf } from "./server/config/setting-options.ts";
import { readVersion } from "../version.ts";

/** `serve`: reads a line of each client it lets in, answers `Hello, ` and that line. */
export function command(): Command {
  return addServerOptions(new Command("serve"), "serve")
    .addOption(passphraseOption("opens the server's key, or encrypts it if one is made"))
    .action(run);
}

async function run(options: ServerOptions & PassphraseFlag, verb: Command): Promise<void> {
  checkServerOptions(verb, options);
  const config = toConfig(options, verb);
  const log = new ServeLog(options.json === true);
  outliveReaders(log);
  const { trace } = options;
  await runServer({
    verb: "serve",
    source: { file: undefined, secret: passphraseFrom(options), read: () => config },
    config,
    log,
    detail: "connections",
    printCertificate: options.printCertificate === true,
    isAsked: false,
    version: readVersion(),
    ...(trace !== undefined && { trace }),
  });
}

/** A gateway of one listener that greets, and has nothing to wait for when it ends. */
function toConfig(options: ServerOptions, verb: Command): GatewayConfig {
  const settings = toListenerSettings(valuesOf(LISTENER_SETTINGS, options), listenerReading(verb));
  return {
    ...valuesOf(GATEWAY_SETTINGS, options),
    store: options.store,
    listeners: [{ ...settings, name: null, mode: "greet", maxConnections: Number.POSITIVE_INFINITY }],
    metrics: undefined,
    admin: undefined,
    authorizer: undefined,
    drainTimeoutMs: 0,
  };
}
