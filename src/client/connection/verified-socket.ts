import { constants, hash } from "node:crypto";
import { isIP } from "node:net";
import type { Duplex } from "node:stream";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { HandclaspError, isHandclaspError } from "../../errors.ts";
import { escapeText } from "../../trust/naming/peer-name.ts";
import { type CertificateFacts, readCertificate } from "../../x509/certificate-facts.ts";
import { beforeDestroy } from "./before-destroy.ts";
import type { ConnectOptions, MetServer } from "./connect-options.ts";
import type { ServerVerdict } from "../servers/judge-server.ts";
import type { KnownServers } from "../servers/known-servers.ts";
import { noLongerTrusted } from "../servers/live-servers.ts";
import { isAlertError, toConnectError } from "./refused-by-server.ts";
import { canonicalHost, formatServerAddress } from "../servers/server-address.ts";
import type { KeptSession } from "./session-cache.ts";
import { Deadline } from "../../deadline.ts";

/** A connection to a server that was judged. */
export interface VerifiedSocket {
  readonly socket: TLSSocket;
  /** `HOST:PORT`. */
  readonly address: string;
  /** Of the server. On a resumed connection, of the handshake that its session comes from. */
  readonly facts: CertificateFacts;
  /**
   * How it is ended when the server's key is no longer trusted, as long as it is open; without a word from anybody it is
   * destroyed with the error.
   */
  readonly endBy: (end: (error: HandclaspError) => void) => void;
}

/** Told of a server that was refused for being unknown. */
type OnUnknown = (server: MetServer) => void;

/** One connection, judged. Throws ERR_HANDCLASP_REFUSED, ERR_HANDCLASP_CONNECT, or why `signal` was aborted. */
export async function openVerified(options: ConnectOptions, onUnknown: OnUnknown): Promise<VerifiedSocket> {
  const address = formatServerAddress(options);
  const mostMs = options.timeoutMs ?? 10_000;
  options.signal?.throwIfAborted();
  const { promise: givenUp, reject: giveUp } = Promise.withResolvers<never>();
  using late = new Deadline(mostMs, () => giveUp(timedOut(address, mostMs)));
  const abort = (): void => giveUp(options.signal?.reason);
  options.signal?.addEventListener("abort", abort, { once: true });
  let socket: TLSSocket | undefined;
  try {
    const transport = await openTransport(options, givenUp);
    const offered = offeredSession(options, address);
    socket = startTls(options, transport, offered);
    const handshake = judged(socket, {
      options,
      address,
      offered,
      onUnknown,
      onDone: () => late[Symbol.dispose](),
    });
    const facts = await Promise.race([handshake, givenUp]);
    return {
      socket,
      address,
      facts,
      endBy:
        options.ca === undefined
          ? endWhenDistrusted(socket, options.knownServers, { address, facts })
          : () => undefined,
    };
  } catch (error) {
    socket?.destroy();
    throw options.signal?.aborted === true ? error : toConnectError(error, address);
  } finally {
    options.signal?.removeEventListener("abort", abort);
  }
}

/** Ends a connection once the key of who is at its other end is trusted no more. Returns how to do it otherwise. */
function endWhenDistrusted(
  socket: TLSSocket,
  knownServers: KnownServers,
  { address, facts }: MetServer,
): VerifiedSocket["endBy"] {
  let end = (error: HandclaspError): void => void socket.destroy(error);
  const stop = knownServers.watch(address, facts, (error) => end(error));
  if (socket.destroyed) stop();
  else socket.once("close", stop);
  // It was judged some steps ago.
  if (!knownServers.isTrusted(address, facts)) throw noLongerTrusted({ address, pin: facts.pin });
  return (other) => void (end = other);
}

async function openTransport(options: ConnectOptions, givenUp: Promise<never>): Promise<Duplex | undefined> {
  const { host, port } = options;
  const opening = options.openTransport?.({ host, port });
  try {
    return await Promise.race([opening, givenUp]);
  } catch (error) {
    opening?.then(
      (transport) => void transport.destroy(),
      () => undefined,
    );
    throw error;
  }
}

function startTls(
  options: ConnectOptions,
  transport: Duplex | undefined,
  offered: KeptSession | undefined,
): TLSSocket {
  const { host, port, socketPath, identity, minVersion, maxVersion, alpnProtocols, onKeyLog, ca } = options;
  const name = serverName(options);
  const socket = connectTls({
    host,
    port,
    ...(socketPath !== undefined && { path: socketPath }),
    ...(transport !== undefined && { socket: transport }),
    rejectUnauthorized: false,
    minVersion: minVersion ?? "TLSv1.2",
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
    ...(maxVersion !== undefined && { maxVersion }),
    ...(name !== undefined && { servername: name }),
    ...(alpnProtocols !== undefined && { ALPNProtocols: [...alpnProtocols] }),
    ...(identity !== undefined && { key: identity.key, cert: identity.certificate }),
    ...(offered !== undefined && { session: offered.session }),
    ...(ca !== undefined && { ca }),
  });
  if (onKeyLog !== undefined) socket.on("keylog", onKeyLog);
  return socket;
}

interface Handshake {
  readonly options: ConnectOptions;
  readonly address: string;
  readonly offered: KeptSession | undefined;
  readonly onUnknown: OnUnknown;
  readonly onDone: () => void;
}

/** Resolves with whom we talk to, when that is known and on record. */
function judged(socket: TLSSocket, handshake: Handshake): Promise<CertificateFacts> {
  const { promise, resolve, reject } = Promise.withResolvers<CertificateFacts>();
  const onClose = (): void => reject(new Error("the server closed the connection"));
  socket.once("error", reject);
  socket.once("close", onClose);
  nameAlerts(socket, handshake.address);
  const stopTelling = tellWhoRefused(socket, handshake);
  socket.once("secureConnect", () => {
    handshake.onDone();
    stopTelling();
    const verified = verify(socket, handshake);
    if (socket.destroyed) socket.off("close", onClose);
    const settle = (facts: CertificateFacts): void => {
      socket.off("error", reject);
      socket.off("close", onClose);
      resolve(facts);
    };
    verified.then(settle, reject);
  });
  return promise;
}

/** Runs without a pause up to the verdict; a refused socket is gone before anything is flushed. */
async function verify(socket: TLSSocket, handshake: Handshake): Promise<CertificateFacts> {
  const { options, address, offered, onUnknown } = handshake;
  if (options.ca !== undefined) return verifyByCa(socket, handshake);
  const { knownServers, verifyServer = "accept", sessions } = options;
  let facts: CertificateFacts;
  let verdict: ServerVerdict;
  try {
    facts = serverCertificate(socket, offered);
    verdict = knownServers.judge(address, facts, verifyServer);
  } catch (error) {
    socket.destroy();
    throw isUnreadable(error) ? unreadable(error, address) : error;
  }
  if (verdict.decision === "refuse") {
    socket.destroy();
    if (verdict.reason === "unknown") onUnknown({ address, facts });
    throw await knownServers.refuse(address, facts, verdict);
  }
  options.onServer?.({ address, facts });
  sessions?.watch(socket, placeOf(options, address), facts);
  if (verdict.decision === "claim") await knownServers.remember(address, facts, verdict);
  return facts;
}

/** By the signature of a CA, and the name. */
function verifyByCa(socket: TLSSocket, { options, address }: Handshake): CertificateFacts {
  const { authorized, authorizationError } = socket;
  try {
    const facts = serverCertificate(socket, undefined);
    if (!authorized) throw notVouchedFor(address, String(authorizationError));
    options.onServer?.({ address, facts });
    return facts;
  } catch (error) {
    socket.destroy();
    throw isUnreadable(error) ? unreadable(error, address) : error;
  }
}

/** `code` is OpenSSL's, as Node names it. */
function notVouchedFor(address: string, code: string): HandclaspError {
  const what =
    code === "ERR_TLS_CERT_ALTNAME_INVALID"
      ? "is for another name"
      : `does not pass with that CA: ${code.toLowerCase().replaceAll("_", " ")}`;
  return new HandclaspError(
    "ERR_HANDCLASP_REFUSED",
    `${escapeText(address)} shows a certificate that ${what}`,
    {
      details: { reason: "untrusted", address, code },
    },
  );
}

/** On a resumed connection Node shows no certificate: only who has the session's keys can have resumed it. */
function serverCertificate(socket: TLSSocket, offered: KeptSession | undefined): CertificateFacts {
  if (socket.isSessionReused() && offered !== undefined) return offered.facts;
  const certificate = socket.getPeerX509Certificate();
  if (certificate !== undefined) return readCertificate(certificate.raw);
  throw new HandclaspError("ERR_HANDCLASP_REFUSED", "the server showed no certificate");
}

function offeredSession(options: ConnectOptions, address: string): KeptSession | undefined {
  const { sessions, knownServers } = options;
  return sessions?.take(placeOf(options, address), (facts, since) =>
    knownServers.isTrustedSince(address, facts, since),
  );
}

/** Where a session may be used again: a server resumes us as who we were, under the name that we asked for. */
function placeOf(options: ConnectOptions, address: string): string {
  const shown = options.identity && hash("sha256", options.identity.certificate);
  return JSON.stringify([address, serverName(options), shown]);
}

function serverName({ servername, host }: ConnectOptions): string | undefined {
  return servername ?? (isIP(host) === 0 ? canonicalHost(host) : undefined);
}

/**
 * The server judges us after 'secureConnect' in TLS 1.3, before it in TLS 1.2. Its alert is then an `error` of the
 * socket. Node emits one that comes late and leaves the socket open, to end as if the server had merely closed it.
 */
function nameAlerts(socket: TLSSocket, address: string): void {
  const emit = socket.emit.bind(socket) as (event: string | symbol, ...values: unknown[]) => boolean;
  const emitNamed = (event: string | symbol, ...values: unknown[]): boolean => {
    const [error] = values;
    if (event !== "error" || !(error instanceof Error)) return emit(event, ...values);
    const named = isAlertError(error) ? toConnectError(error, address) : error;
    if (socket.destroyed) return emit("error", named);
    socket.destroy(named);
    return true;
  };
  socket.emit = emitNamed;
}

/** In TLS 1.2 a server that refuses us has shown its key before, and signed with it (RFC 5246 §7.4.3). */
function tellWhoRefused(socket: TLSSocket, { options, address }: Handshake): () => void {
  const { knownServers, verifyServer = "accept", onServer } = options;
  let isWaiting = onServer !== undefined;
  beforeDestroy(socket, (error) => {
    const certificate = isWaiting && isAlertError(error) ? socket.getPeerX509Certificate() : undefined;
    isWaiting = false;
    if (certificate === undefined) return;
    try {
      const facts = readCertificate(certificate.raw);
      const { decision } = knownServers.judge(address, facts, verifyServer);
      if (decision !== "refuse") onServer?.({ address, facts });
    } catch (unread) {
      // It is refused by us as well; what it said is told all the same.
      if (!isUnreadable(unread)) throw unread;
    }
  });
  return () => (isWaiting = false);
}

/** What a server may bring about with its certificate. */
function isUnreadable(error: unknown): error is HandclaspError {
  return (
    isHandclaspError(error, "ERR_HANDCLASP_CERTIFICATE_MALFORMED") ||
    isHandclaspError(error, "ERR_HANDCLASP_KEY_UNSUPPORTED")
  );
}

function unreadable(cause: HandclaspError, address: string): HandclaspError {
  const isMalformed = cause.code === "ERR_HANDCLASP_CERTIFICATE_MALFORMED";
  return new HandclaspError(
    "ERR_HANDCLASP_REFUSED",
    `${escapeText(address)} shows a certificate that cannot be used: ${cause.message}`,
    { details: { reason: isMalformed ? "malformed-certificate" : "unsupported-key", address }, cause },
  );
}

function timedOut(address: string, mostMs: number): HandclaspError {
  return new HandclaspError(
    "ERR_HANDCLASP_CONNECT",
    `${address}: no handshake within ${mostMs / 1000} seconds`,
  );
}
