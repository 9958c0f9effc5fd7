import { constants } from "node:crypto";
import { createServer as createPlainServer, type Server as PlainServer } from "node:net";
import { createServer, type SecureContextOptions, type Server } from "node:tls";
import { Command } from "commander";
import type { Identity } from "../client/identity.ts";
import { formatServerAddress, type ServerAddress } from "../client/server-address.ts";
import { keepAlive } from "../gateway/upstream/keep-alive.ts";
import { AcceptProxy } from "../gateway/proxy-protocol/accept-proxy.ts";
import { proxiedAddress } from "../gateway/proxy-protocol/proxied-address.ts";
import { clientAddress } from "../guard/connection/client-address.ts";
import { guard } from "../guard/guard.ts";
import { peerOf } from "../guard/connection/peer-of.ts";
import { openStore } from "../store/open-store.ts";
import type { TrustStore } from "../trust/port/trust-store.ts";
import { Trust } from "../trust/trust.ts";
import { processName } from "./trust-store/process-name.ts";
import { followIdentity } from "./identities/follow-identity.ts";
import { openPemDir } from "./server/open-pem-dir.ts";
import { outliveReaders } from "./log/outlive-readers.ts";
import { type PassphraseFlag, passphraseFrom, passphraseOption } from "./command-line/passphrase-file.ts";
import { recordServer } from "../operator/known-server.ts";
import { greet } from "../gateway/greeter/greet.ts";
import { serverIdentity, serverIdentityFiles } from "./identities/server-identity.ts";
import { logAnonymous, logClients, ServeLog } from "./log/event-log.ts";
import { opensslReason } from "./log/openssl-reason.ts";
import { listen, stopSignal } from "./server/listen.ts";
import { addServeOptions, checkServeOptions, type ServeOptions } from "./server/server-options.ts";
import { useTrustCa } from "./server/trust-ca.ts";
import { warnAbout } from "./server/warn-about.ts";
import { logProblem } from "./trace/live/log.ts";
import { TraceOutput } from "./trace/live/output.ts";
import { traceServer } from "./trace/live/server.ts";

/** `serve`: reads a line of each client it lets in, answers `Hello, ` and that line. */
export function command(): Command {
  return addServeOptions(new Command("serve"), { firstUse: "accept", clientCertificate: "optional" })
    .addOption(passphraseOption("opens the server's key, or encrypts it if one is made"))
    .action(serve);
}

async function serve(options: ServeOptions & PassphraseFlag, verb: Command): Promise<void> {
  checkServeOptions(verb, options);
  const stopped = stopSignal();
  const log = new ServeLog(options.json === true);
  outliveReaders(log);
  const name = processName("serve");
  const onError = (error: unknown): void => log.failed(error);
  await using store = openStore(options.store, { process: name });
  const { cert, key } = options;
  const identityOptions = {
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...passphraseFrom(options),
  };
  const identity = await serverIdentity(store, identityOptions);
  const { firstUse, bind, validity, rotation, maxPending } = options;
  const policy = { firstUse, bind, validity, rotation };
  const clocks = { now: Date.now, monotonic: () => performance.now() };
  await using trust = new Trust(store, { policy, maxPending, ...clocks, process: name, onError });
  await using pemDir = options.pemDir === undefined ? null : await openPemDir(store, options.pemDir, log);
  const trustCa = useTrustCa(options.trustCa);
  warnAbout(options, log);
  using trace = options.trace && new TraceOutput({ format: options.trace, onProblem: logProblem(log) });
  const server = createGreeter(identity, options, log);
  using guarded = guard(server, trust, {
    trustCa,
    clientCertificate: options.clientCertificate,
    handshakeTimeoutMs: options.handshakeTimeout,
    maxHandshakes: options.maxHandshakes,
    allowHalfOpen: true,
    remoteAddressOf: proxiedAddress,
  });
  const front = proxiedFront(server, options, log).on("connection", keepAlive);
  if (trace) traceServer(server, trace, log);
  const stopLog = logClients({
    server,
    log,
    printCertificate: options.printCertificate === true,
    onRenewed: (pin) => pemDir?.renewed(pin),
  });
  let stopFollowing: (() => void) | undefined;
  try {
    const address = await listen(front, options.listen);
    await announce({ store, log, identity, address, options });
    stopFollowing = followIdentity({
      files: serverIdentityFiles(store, identityOptions),
      current: identity,
      read: () => serverIdentity(store, identityOptions),
      onChanged: async (next) => {
        server.setSecureContext(contextOptions(next, options));
        const { keyId, pin } = await recordServer(
          store,
          { ...address, address: formatServerAddress(address), pin: next.facts.pin },
          Date.now(),
        );
        log.write({ event: "identity-changed", keyId, pin, fingerprint: next.facts.fingerprint });
      },
      onError,
    });
    const signal = await stopped;
    log.write({ event: "stopping", signal });
  } finally {
    stopFollowing?.();
    front.close();
    guarded.close();
    stopLog();
  }
}

/** All of them each time: what is left out would be Node's default again. */
function contextOptions(
  { key, certificate }: Identity,
  { minTls, maxTls }: ServeOptions,
): SecureContextOptions {
  return {
    key,
    cert: certificate,
    minVersion: `TLSv${minTls}`,
    maxVersion: `TLSv${maxTls}`,
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
  };
}

/** What accepts connections: the server itself, or one before it that reads PROXY headers. */
function proxiedFront(server: Server, options: ServeOptions, log: ServeLog): PlainServer {
  if (options.acceptProxy.length === 0) return server;
  const accepting = new AcceptProxy({
    from: options.acceptProxy,
    timeoutMs: options.handshakeTimeout,
    most: options.maxHandshakes,
    onRefused: ({ message }, proxy) =>
      log.write({ event: "proxy-header-refused", message, address: proxy ?? null }),
  });
  const front = createPlainServer((socket) => {
    accepting.accept(socket, (transport) => server.emit("connection", transport));
  });
  front.on("close", () => accepting.close());
  return front;
}

function createGreeter(identity: Identity, options: ServeOptions, log: ServeLog): Server {
  const server = createServer(contextOptions(identity, options));
  server.on("secureConnection", (socket) => {
    if (peerOf(socket) === undefined) logAnonymous(log, socket);
    greet(socket);
  });
  server.on("tlsClientError", (error, socket) => {
    log.write({
      event: "handshake-failed",
      message: opensslReason(error),
      address: clientAddress(socket) ?? null,
    });
  });
  server.on("error", (error) => log.failed(error));
  return server;
}

interface Announcement {
  readonly store: TrustStore;
  readonly log: ServeLog;
  readonly identity: Identity;
  readonly address: ServerAddress;
  readonly options: ServeOptions;
}

/** Records where the server is and which key it has, for those who invite clients, and says that it is ready. */
async function announce({ store, log, identity, address, options }: Announcement): Promise<void> {
  const { pin, keyId, ...where } = await recordServer(
    store,
    { ...address, address: formatServerAddress(address), pin: identity.facts.pin },
    Date.now(),
  );
  const { firstUse, bind, clientCertificate, trustCa, validity, rotation } = options;
  const policy = { firstUse, bind, clientCertificate, trustCa, validity, rotation };
  log.write({ event: "listening", ...where, store: store.url, ...policy, keyId, pin });
}
