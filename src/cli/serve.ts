import { constants } from "node:crypto";
import { createServer as createPlainServer, type Server as PlainServer } from "node:net";
import { createServer, type SecureContextOptions, type Server } from "node:tls";
import { Command } from "commander";
import type { Identity } from "../client/identities/identity.ts";
import { formatServerAddress, type ServerAddress } from "../client/servers/server-address.ts";
import { keepAlive } from "../gateway/upstream/keep-alive.ts";
import { AcceptProxy } from "../gateway/proxy-protocol/accept-proxy.ts";
import { proxiedAddress } from "../gateway/proxy-protocol/proxied-address.ts";
import { clientAddress } from "../guard/connection/client-address.ts";
import { guard } from "../guard/guard.ts";
import { peerOf } from "../guard/connection/peer-of.ts";
import { openStoreAt } from "../store/open-store.ts";
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
import type { ListenerSettings } from "../gateway/config/config.ts";
import { GATEWAY_SETTINGS } from "../gateway/config/gateway-settings.ts";
import { LISTENER_SETTINGS } from "../gateway/config/listener-settings.ts";
import { toListenerSettings } from "../gateway/config/to-listener.ts";
import {
  addServerOptions,
  checkServerOptions,
  listenerReading,
  type ServerOptions,
} from "./server/server-options.ts";
import { valuesOf } from "./server/setting-options.ts";
import { useTrustCa } from "./server/trust-ca.ts";
import { warnAbout } from "./server/warn-about.ts";
import { logProblem } from "./trace/live/log.ts";
import { TraceOutput } from "./trace/live/output.ts";
import { traceServer } from "./trace/live/server.ts";

/** `serve`: reads a line of each client it lets in, answers `Hello, ` and that line. */
export function command(): Command {
  return addServerOptions(new Command("serve"), "serve")
    .addOption(passphraseOption("opens the server's key, or encrypts it if one is made"))
    .action(serve);
}

async function serve(options: ServerOptions & PassphraseFlag, verb: Command): Promise<void> {
  checkServerOptions(verb, options);
  const values = valuesOf(LISTENER_SETTINGS, options);
  const settings = toListenerSettings(values, listenerReading(verb));
  const stopped = stopSignal();
  const log = new ServeLog(options.json === true);
  outliveReaders(log);
  const name = processName("serve");
  const onError = (error: unknown): void => log.failed(error);
  await using store = openStoreAt(options.store, { process: name });
  const identityOptions = { ...settings.certificate, ...passphraseFrom(options) };
  const identity = await serverIdentity(store, identityOptions);
  const { policy } = settings;
  const { maxPending, pemDir: pemFolder } = valuesOf(GATEWAY_SETTINGS, options);
  const clocks = { now: Date.now, monotonic: () => performance.now() };
  await using trust = new Trust(store, { policy, maxPending, ...clocks, process: name, onError });
  await using pemDir = pemFolder === undefined ? null : await openPemDir(store, pemFolder, log);
  const trustCa = useTrustCa(settings.trustCa);
  warnAbout({ ...settings, ...policy }, log);
  using trace = options.trace && new TraceOutput({ format: options.trace, onProblem: logProblem(log) });
  const server = createGreeter(identity, settings, log);
  using guarded = guard(server, trust, {
    trustCa,
    clientCertificate: settings.clientCertificate,
    handshakeTimeoutMs: settings.handshakeTimeoutMs,
    maxHandshakes: settings.maxHandshakes,
    allowHalfOpen: true,
    remoteAddressOf: proxiedAddress,
  });
  const front = proxiedFront(server, settings, log).on("connection", keepAlive);
  if (trace) traceServer(server, trace, log);
  const stopLog = logClients({
    server,
    log,
    printCertificate: options.printCertificate === true,
    onRenewed: (pin) => pemDir?.renewed(pin),
  });
  let stopFollowing: (() => void) | undefined;
  try {
    const address = await listen(front, settings.listen);
    await announce({ store, log, identity, address, settings });
    stopFollowing = followIdentity({
      files: serverIdentityFiles(store, identityOptions),
      current: identity,
      read: () => serverIdentity(store, identityOptions),
      onChanged: async (next) => {
        server.setSecureContext(contextOptions(next, settings));
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
  { minTls, maxTls }: ListenerSettings,
): SecureContextOptions {
  return {
    key,
    cert: certificate,
    minVersion: minTls,
    maxVersion: maxTls,
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
  };
}

/** What accepts connections: the server itself, or one before it that reads PROXY headers. */
function proxiedFront(server: Server, settings: ListenerSettings, log: ServeLog): PlainServer {
  if (settings.acceptProxy.length === 0) return server;
  const accepting = new AcceptProxy({
    from: settings.acceptProxy,
    timeoutMs: settings.handshakeTimeoutMs,
    most: settings.maxHandshakes,
    onRefused: ({ message }, proxy) =>
      log.write({ event: "proxy-header-refused", message, address: proxy ?? null }),
  });
  const front = createPlainServer((socket) => {
    accepting.accept(socket, (transport) => server.emit("connection", transport));
  });
  front.on("close", () => accepting.close());
  return front;
}

function createGreeter(identity: Identity, settings: ListenerSettings, log: ServeLog): Server {
  const server = createServer(contextOptions(identity, settings));
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
  readonly settings: ListenerSettings;
}

/** Records where the server is and which key it has, for those who invite clients, and says that it is ready. */
async function announce({ store, log, identity, address, settings }: Announcement): Promise<void> {
  const { pin, keyId, ...where } = await recordServer(
    store,
    { ...address, address: formatServerAddress(address), pin: identity.facts.pin },
    Date.now(),
  );
  const { clientCertificate, trustCa } = settings;
  const { firstUse, bind, validity, rotation } = settings.policy;
  const policy = { firstUse, bind, clientCertificate, trustCa, validity, rotation };
  log.write({ event: "listening", ...where, store: store.url, ...policy, keyId, pin });
}
