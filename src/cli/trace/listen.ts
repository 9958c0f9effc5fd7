import { constants } from "node:crypto";
import { hostname } from "node:os";
import { createServer, type Server } from "node:tls";
import { Command, Option } from "commander";
import { socketAddress } from "../../guard/connection/remote-address.ts";
import type { IdentityPem } from "../../client/identities/identity.ts";
import {
  formatServerAddress,
  parseServerAddress,
  type ServerAddress,
} from "../../client/servers/server-address.ts";
import { parseTimeout } from "../../duration.ts";
import { asArgument } from "../command-line/as-argument.ts";
import { makeIdentity } from "../identities/make-identity.ts";
import { outliveReaders } from "../log/outlive-readers.ts";
import { greet } from "../../gateway/greeter/greet.ts";
import { readServerIdentity } from "../identities/server-identity.ts";
import { opensslReason } from "../log/openssl-reason.ts";
import { listen, stopSignal } from "../process/listen.ts";
import { ServeLog } from "../log/event-log.ts";
import { addTraceFlags, type TraceFlags } from "./formats/format.ts";
import { explainingIn, logProblem } from "./live/log.ts";
import { TraceOutput } from "./live/output.ts";
import { traceServer } from "./live/server.ts";

interface Options extends TraceFlags {
  readonly listen: ServerAddress;
  readonly cert?: string;
  readonly key?: string;
  readonly minTls: "1.2" | "1.3";
  readonly maxTls: "1.2" | "1.3";
  /** Milliseconds. */
  readonly handshakeTimeout: number;
  readonly json?: true;
}

/** `trace listen`: a plain TLS server that asks for a certificate, takes any, greets, and shows each handshake. */
export function listenCommand(): Command {
  const verb = new Command("listen")
    .description("a TLS server that takes every client, and prints the messages of each handshake")
    .addOption(
      new Option("--listen <host:port>", "where to listen; port 0 picks one")
        .argParser(asArgument(parseServerAddress))
        .default({ host: "127.0.0.1", port: 8443 }, "127.0.0.1:8443"),
    )
    .option("--cert <file>", "the server's certificate as PEM; without it one is made for this run")
    .option("--key <file>", "the private key of --cert as PEM")
    .addOption(
      new Option("--min-tls <version>", "the oldest TLS version").choices(["1.2", "1.3"]).default("1.2"),
    )
    .addOption(
      new Option("--max-tls <version>", "the newest TLS version").choices(["1.2", "1.3"]).default("1.3"),
    )
    .addOption(
      new Option("--handshake-timeout <duration>", "from connecting to the end of the handshake")
        .argParser(asArgument(parseTimeout))
        .default(10_000, "10s"),
    )
    .option("--json", "make the log on stderr JSON lines");
  return addTraceFlags(verb).action(run);
}

async function run(options: Options, verb: Command): Promise<void> {
  if ((options.cert === undefined) !== (options.key === undefined)) {
    verb.error("error: --cert and --key belong together");
  }
  if (options.minTls > options.maxTls) verb.error("error: --min-tls is newer than --max-tls");
  const stopped = stopSignal();
  const log = new ServeLog(options.json === true);
  outliveReaders(log);
  const identity = await identityFor(options);
  using output = new TraceOutput({
    ...options,
    ...explainingIn(log, options),
    onProblem: logProblem(log),
  });
  const server = createListener(identity, options, log);
  const endAll = traceServer(server, output, log);
  try {
    const { host, port } = await listen(server, options.listen);
    log.write({ event: "listening", address: formatServerAddress({ host, port }), host, port });
    log.write({ event: "stopping", signal: await stopped });
  } finally {
    server.close();
    endAll();
  }
}

function createListener(
  { key, certificate }: IdentityPem,
  { minTls, maxTls, handshakeTimeout }: Options,
  log: ServeLog,
): Server {
  const server = createServer({
    key,
    cert: certificate,
    requestCert: true,
    rejectUnauthorized: false,
    minVersion: `TLSv${minTls}`,
    maxVersion: `TLSv${maxTls}`,
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
    allowHalfOpen: true,
    handshakeTimeout,
  });
  server.on("secureConnection", greet);
  server.on("tlsClientError", (error, socket) => {
    const address = socketAddress(socket) ?? null;
    log.write({ event: "handshake-failed", message: opensslReason(error), address });
    // Node leaves one open whose time is up.
    socket.destroy();
  });
  server.on("error", (error) => log.failed(error));
  return server;
}

async function identityFor({ cert, key }: Options): Promise<IdentityPem> {
  if (cert === undefined || key === undefined) return makeIdentity(hostname());
  return readServerIdentity(cert, key);
}
