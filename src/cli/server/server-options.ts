import { type Command, InvalidArgumentError, Option } from "commander";
import type { ServerAddress } from "../../client/server-address.ts";
import { parseListenAddress } from "../../gateway/config/parse-listen.ts";
import { parseIpNetwork } from "../../trust/network/ip-network.ts";
import type { ClientCertificate } from "../../guard/options.ts";
import { parseTimeout } from "../../duration.ts";
import type { FirstUse, Policy } from "../../trust/records/policy.ts";
import { asArgument } from "../command-line/as-argument.ts";
import { jsonOption } from "../command-line/json-option.ts";
import { storeOption } from "../command-line/store-option.ts";
import { parseCount } from "../command-line/parse-count.ts";
import { type TraceFormat, traceOption } from "../trace/formats/format.ts";

/** What `serve` and the gateway have in common. */
export interface ServeOptions extends Policy {
  readonly listen: ServerAddress;
  readonly cert?: string;
  readonly key?: string;
  readonly clientCertificate: ClientCertificate;
  /** `none`, `system`, or a PEM file. */
  readonly trustCa: string;
  readonly pemDir?: string;
  readonly minTls: "1.2" | "1.3";
  readonly maxTls: "1.2" | "1.3";
  readonly printCertificate?: true;
  /** Printed on stdout. */
  readonly trace?: TraceFormat;
  /** Milliseconds. */
  readonly handshakeTimeout: number;
  readonly maxHandshakes: number;
  readonly maxPending: number;
  /** Networks, in CIDR notation. */
  readonly acceptProxy: readonly string[];
  readonly store: string;
  readonly json?: true;
}

interface ServeDefaults {
  readonly firstUse: FirstUse;
  readonly clientCertificate: ClientCertificate;
}

/** Adds the options; a value that one cannot have is wrong usage. */
export function addServeOptions(command: Command, defaults: ServeDefaults): Command {
  return command
    .addOption(
      new Option("--listen <host:port>", "where to listen; :PORT is on all addresses, port 0 picks one")
        .argParser(asArgument(parseListenAddress))
        .default({ host: "127.0.0.1", port: 8443 }, "127.0.0.1:8443"),
    )
    .option(
      "--cert <file>",
      "the server's certificate as PEM; without it one is made and kept beside the store",
    )
    .option("--key <file>", "the private key of --cert as PEM")
    .addOption(
      choice(
        "--first-use <mode>",
        "clients never seen before",
        ["accept", "ask", "refuse"],
        defaults.firstUse,
      ),
    )
    .addOption(
      choice(
        "--bind <what>",
        "what a peer is called: as its certificate claims, or by key",
        ["name", "key"],
        "name",
      ),
    )
    .addOption(
      choice(
        "--client-certificate <mode>",
        "whether clients are asked for a certificate, and must have one",
        ["none", "optional", "required"],
        defaults.clientCertificate,
      ),
    )
    .option("--trust-ca <ca>", "whose signature passes without review: none, system, or a PEM file", "none")
    .addOption(choice("--validity <mode>", "the dates of certificates", ["enforce", "ignore"], "enforce"))
    .addOption(
      choice(
        "--rotation <mode>",
        "new keys that a trusted key endorsed",
        ["accept", "ask", "refuse"],
        "accept",
      ),
    )
    .option("--pem-dir <folder>", "keep KEYID.pem of every trusted key in this folder, and nothing else")
    .addOption(choice("--min-tls <version>", "the oldest TLS version", ["1.2", "1.3"], "1.2"))
    .addOption(choice("--max-tls <version>", "the newest TLS version", ["1.2", "1.3"], "1.3"))
    .option("--print-certificate", "print each client's certificate as PEM")
    .addOption(traceOption())
    .addOption(
      new Option("--handshake-timeout <duration>", "from connecting to the end of the handshake")
        .argParser(asArgument(parseTimeout))
        .default(10_000, "10s"),
    )
    .addOption(count("--max-handshakes <n>", "handshakes under way at once", 1024))
    .addOption(
      new Option(
        "--accept-proxy <cidr>",
        "networks that must send a PROXY header first, separated by commas; from others none is believed",
      )
        .argParser(parseNetworks)
        .default([], "none"),
    )
    .addOption(count("--max-pending <n>", "keys that wait for review at once", 1000))
    .addOption(storeOption())
    .addOption(jsonOption());
}

function choice(flags: string, about: string, values: readonly string[], standard: string): Option {
  return new Option(flags, about).choices(values).default(standard);
}

function count(flags: string, about: string, standard: number): Option {
  return new Option(flags, about).argParser(parseCount).default(standard);
}

/** What no single option shows: ends with wrong usage. */
export function checkServeOptions(command: Command, options: ServeOptions): void {
  if ((options.cert === undefined) !== (options.key === undefined)) {
    command.error("error: --cert and --key belong together");
  }
  if (options.minTls > options.maxTls) command.error("error: --min-tls is newer than --max-tls");
  if (options.trace === "pcapng" && options.printCertificate === true) {
    command.error("error: --trace=pcapng and --print-certificate do not go together on stdout");
  }
}

function parseNetworks(text: string): readonly string[] {
  const networks = text.split(",").map((network) => network.trim());
  const wrong = networks.find((network) => parseIpNetwork(network) === undefined);
  if (wrong === undefined) return networks;
  throw new InvalidArgumentError(`"${wrong}" is no IP network: write 192.0.2.0/24 or 2001:db8::/32.`);
}
