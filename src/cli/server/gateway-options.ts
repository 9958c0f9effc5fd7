import { type Command, Option } from "commander";
import type { GatewayConfig, ListenerConfig, Upstream } from "../../gateway/config/config.ts";
import { parseProtocol } from "../../gateway/config/config-schema.ts";
import { parseAllowed } from "../../gateway/config/parse-allowed.ts";
import { parseSocketPath } from "../../gateway/config/parse-socket-path.ts";
import { parseUpstream } from "../../gateway/config/parse-upstream.ts";
import { parseServerName } from "../../gateway/http/fields/request-target.ts";
import { parseDuration, parseTimeout } from "../../duration.ts";
import { parseServerAddress, type ServerAddress } from "../../client/server-address.ts";
import { asArgument, describeUsage } from "../command-line/as-argument.ts";
import type { LogDetail } from "../log/gateway-log.ts";
import { type PassphraseFlag, passphraseOption } from "../command-line/passphrase-file.ts";
import { parseCount } from "../command-line/parse-count.ts";
import { addServeOptions, checkServeOptions, type ServeOptions } from "./server-options.ts";

/** The flags of `gateway`: those of `serve`, and what one listener needs besides. */
export interface GatewayOptions extends ServeOptions, PassphraseFlag {
  /** A file that says everything a listener needs; no other flags then. */
  readonly config?: string;
  readonly to?: string;
  readonly mode: ListenerConfig["mode"];
  readonly serverName: readonly string[];
  readonly onPending: ListenerConfig["onPending"];
  readonly allow?: readonly string[];
  readonly alpn: readonly string[];
  readonly sendProxy: ListenerConfig["sendProxy"];
  /** Milliseconds, as all of these. */
  readonly connectTimeout: number;
  readonly connectRetry: number;
  readonly idleTimeout: number;
  readonly maxConnectionAge: number;
  readonly drainTimeout: number;
  readonly maxConnections: number;
  readonly workers: GatewayConfig["workers"];
  readonly metrics?: ServerAddress;
  readonly peerLabels?: true;
  readonly log: LogDetail;
  /** Started by the gateway itself: everything else comes from there. */
  readonly worker?: true;
}

/** Adds the options to the command. */
export function addGatewayOptions(command: Command): Command {
  return addServeOptions(command, { firstUse: "ask", clientCertificate: "required" })
    .addOption(passphraseOption("opens the keys of servers, or encrypts the one that is made"))
    .option(
      "--config <file>",
      "what listeners there are, and all about them: docs/reference/gateway-config.md",
    )
    .option(
      "--to <upstream>",
      "where connections go: HOST:PORT or unix:PATH; with --mode http http://HOST:PORT or h2c://HOST:PORT",
    )
    .addOption(new Option("--mode <mode>", "what the service speaks").choices(["tcp", "http"]).default("tcp"))
    .option(
      "--server-name <name>",
      "answer to this name only; give it again for more, *.example.org for one label in front (mode http)",
      (name, before: readonly string[]) => [...before, asArgument(parseServerName)(name)],
      [],
    )
    .addOption(
      new Option("--on-pending <what>", "what pending clients meet; the page is for mode http")
        .choices(["alert", "page"])
        .default("alert"),
    )
    .addOption(
      new Option(
        "--allow <peers>",
        "trusted peers that may come in, by name or as group:NAME, separated by commas; default all",
      ).argParser((text) => text.split(",").map((name) => asArgument(parseAllowed)(name.trim()))),
    )
    .option(
      "--alpn <protocol>",
      "what the service speaks, by its ALPN name; give it again for more, the best first (mode tcp)",
      (protocol, before: readonly string[]) => [...before, asArgument(parseProtocol)(protocol)],
      [],
    )
    .addOption(
      new Option("--send-proxy <version>", "tell the upstream who comes, by a PROXY header (mode tcp)")
        .choices(["none", "v2"])
        .default("none"),
    )
    .addOption(duration("--connect-timeout <duration>", "for the connection to the upstream", 10_000, "10s"))
    .addOption(
      limit(
        "--connect-retry <duration>",
        "how long to try again to connect to an upstream that restarts; 0 for not",
      ),
    )
    .addOption(
      limit("--idle-timeout <duration>", "ends a connection without a byte either way; 0 for no limit"),
    )
    .addOption(
      limit(
        "--max-connection-age <duration>",
        "ends a connection at this age, since certificates expire meanwhile; 0 for no limit",
        parseDuration,
      ),
    )
    .addOption(
      duration("--drain-timeout <duration>", "how long connections may go on after SIGTERM", 30_000, "30s"),
    )
    .addOption(
      new Option("--max-connections <n>", "connections at once; one more waits")
        .argParser(parseCount)
        .default(10_000),
    )
    .addOption(
      new Option("--workers <n>", "processes that accept connections; auto is one for each core")
        .argParser((text) => (text === "auto" ? text : parseCount(text)))
        .default(1),
    )
    .addOption(
      new Option("--metrics <host:port>", "where to answer /metrics, /healthz and /readyz").argParser(
        asArgument(parseServerAddress),
      ),
    )
    .option("--peer-labels", "count connections by peer: whoever reads the metrics learns who connects")
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

/** What the flags say, as a configuration with one listener. Ends with wrong usage when they cannot be. */
export function toGatewayConfig(command: Command, options: GatewayOptions): GatewayConfig {
  checkServeOptions(command, options);
  const { to, mode, cert, key } = options;
  if (to === undefined) return command.error("error: give --to, where connections go, or --config");
  if (mode !== "http" && (options.onPending === "page" || options.serverName.length > 0)) {
    return command.error("error: --on-pending page and --server-name are for --mode http");
  }
  if (mode === "http" && options.alpn.length > 0) {
    return command.error("error: --alpn is for --mode tcp");
  }
  if (mode === "http" && options.sendProxy !== "none") {
    return command.error("error: --send-proxy is for --mode tcp");
  }
  const { firstUse, bind, validity, rotation } = options;
  return {
    store: options.store,
    listeners: [
      {
        name: "main",
        listen: options.listen,
        mode,
        to: asUsage(command, () => upstreamOf(to, mode)),
        certificate: cert === undefined || key === undefined ? undefined : { cert, key },
        policy: { firstUse, bind, validity, rotation },
        clientCertificate: options.clientCertificate,
        trustCa: options.trustCa,
        minTls: `TLSv${options.minTls}`,
        maxTls: `TLSv${options.maxTls}`,
        allow: options.allow,
        paths: [],
        serverNames: options.serverName,
        onPending: options.onPending,
        alpn: options.alpn,
        sendProxy: options.sendProxy,
        acceptProxy: options.acceptProxy,
        handshakeTimeoutMs: options.handshakeTimeout,
        maxHandshakes: options.maxHandshakes,
        maxConnections: options.maxConnections,
        connectTimeoutMs: options.connectTimeout,
        connectRetryMs: options.connectRetry,
        idleTimeoutMs: options.idleTimeout,
        maxConnectionAgeMs: options.maxConnectionAge,
      },
    ],
    workers: options.workers,
    metrics: metricsOf(options),
    maxPending: options.maxPending,
    pemDir: options.pemDir,
    drainTimeoutMs: options.drainTimeout,
  };
}

/** What the flags say of metrics. A file that says something of them is right. */
export function metricsOf({ metrics, peerLabels }: GatewayOptions): GatewayConfig["metrics"] {
  return metrics && { listen: metrics, peerLabels: peerLabels === true };
}

function upstreamOf(to: string, mode: ListenerConfig["mode"]): Upstream {
  const upstream = parseUpstream(to, mode);
  if (upstream.kind === "unix") parseSocketPath(upstream.path);
  return upstream;
}

function duration(flags: string, about: string, standard: number, shown: string): Option {
  return new Option(flags, about).argParser(asArgument(parseTimeout)).default(standard, shown);
}

/** A duration, or 0 for none. */
function limit(flags: string, about: string, parseText = parseTimeout): Option {
  const parse = asArgument((text) => (text === "0" ? 0 : parseText(text)));
  return new Option(flags, about).argParser(parse).default(0, "0");
}

function asUsage<T>(command: Command, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    return command.error(`error: ${describeUsage(error)}`);
  }
}
