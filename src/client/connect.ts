import { constants } from "node:crypto";
import { isIP } from "node:net";
import type { Duplex } from "node:stream";
import { connect as connectTls, type SecureVersion, type TLSSocket } from "node:tls";
import { HandclaspError } from "../errors.ts";
import { type CertificateFacts, readCertificate } from "../x509/certificate-facts.ts";
import type { IdentityPem } from "./identity.ts";
import type { KnownServers, VerifyServer } from "./known-servers.ts";
import { toConnectError } from "./refused-by-server.ts";
import { formatServerAddress, type ServerAddress } from "./server-address.ts";

export interface ConnectOptions extends ServerAddress {
  /** What we show when the server asks; nothing when left out. */
  readonly identity?: IdentityPem;
  readonly knownServers: KnownServers;
  /** What a server that was never met leads to; default `accept`. */
  readonly verifyServer?: VerifyServer;
  /** Called under `ask`, without a connection: the server learns nothing of us meanwhile. Left out, `ask` refuses. */
  readonly ask?: (server: UnknownServer) => Promise<boolean>;
  /** For SNI (RFC 6066 §3); default the host, if that is a name. */
  readonly servername?: string;
  /** Default TLSv1.2. */
  readonly minVersion?: SecureVersion;
  readonly maxVersion?: SecureVersion;
  readonly alpnProtocols?: readonly string[];
  /** From connecting to the end of the handshake; default 10 000. */
  readonly timeoutMs?: number;
  /** Opens what TLS is to run over, for whoever listens in; default a TCP connection. */
  readonly openTransport?: () => Promise<Duplex>;
  /** Told each line of the key log (RFC 9850): with it, the connection can be decrypted. */
  readonly onKeyLog?: (line: Buffer) => void;
}

/** A server that was never met. */
export interface UnknownServer {
  /** `HOST:PORT`. */
  readonly address: string;
  readonly facts: CertificateFacts;
}

/**
 * Connects to a server whose key is known, or met for the first time and then remembered before this resolves.
 *
 * Throws ERR_HANDCLASP_REFUSED or ERR_HANDCLASP_CONNECT. The check is synchronous in 'secureConnect': in TLS 1.3 our
 * certificate is then still unsent, and a server with another key never sees it. TLS 1.2 has sent it by then.
 */
export async function connect(options: ConnectOptions): Promise<TLSSocket> {
  const { ask, knownServers, verifyServer } = options;
  const address = formatServerAddress(options);
  let unknown: CertificateFacts | undefined;
  try {
    return await connectOnce(options, address, (facts) => void (unknown = facts));
  } catch (error) {
    if (ask === undefined || verifyServer !== "ask" || unknown === undefined) throw error;
    if (!(await ask({ address, facts: unknown }))) throw error;
    await knownServers.remember(address, unknown);
    return connectOnce(options, address, () => undefined);
  }
}

async function connectOnce(
  options: ConnectOptions,
  address: string,
  onUnknown: (facts: CertificateFacts) => void,
): Promise<TLSSocket> {
  const mostMs = timeoutMs(options);
  const transport = await options.openTransport?.().catch((error: unknown) => {
    throw toConnectError(error, address);
  });
  const { promise, resolve, reject } = Promise.withResolvers<TLSSocket>();
  const socket = open(options, transport);
  const fail = (error: unknown): void => {
    socket.destroy();
    reject(toConnectError(error, address));
  };
  const onClose = (): void => fail(new Error("the server closed the connection"));
  const handOver = (): void => {
    socket.off("error", fail);
    socket.off("close", onClose);
    resolve(socket);
  };
  const late = setTimeout(() => fail(timedOut(address, mostMs)), mostMs);
  socket.once("error", fail);
  socket.once("close", onClose);
  socket.once("secureConnect", () => {
    clearTimeout(late);
    const verified = verify(socket, address, options, onUnknown);
    if (socket.destroyed) socket.off("close", onClose);
    verified.then(handOver, fail);
  });
  try {
    return await promise;
  } finally {
    clearTimeout(late);
  }
}

function open(options: ConnectOptions, transport: Duplex | undefined): TLSSocket {
  const { host, port, identity, servername, minVersion, maxVersion, alpnProtocols, onKeyLog } = options;
  const name = servername ?? (isIP(host) === 0 ? host : undefined);
  const socket = connectTls({
    host,
    port,
    ...(transport !== undefined && { socket: transport }),
    rejectUnauthorized: false,
    minVersion: minVersion ?? "TLSv1.2",
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
    ...(maxVersion !== undefined && { maxVersion }),
    ...(name !== undefined && { servername: name }),
    ...(alpnProtocols !== undefined && { ALPNProtocols: [...alpnProtocols] }),
    ...(identity !== undefined && { key: identity.key, cert: identity.certificate }),
  });
  if (onKeyLog !== undefined) socket.on("keylog", onKeyLog);
  return socket;
}

/** Runs without a pause up to the verdict; a refused socket is gone before anything is flushed. */
async function verify(
  socket: TLSSocket,
  address: string,
  { knownServers, verifyServer }: ConnectOptions,
  onUnknown: (facts: CertificateFacts) => void,
): Promise<void> {
  let facts: CertificateFacts;
  let verdict: ReturnType<KnownServers["judge"]>;
  try {
    facts = serverCertificate(socket);
    verdict = knownServers.judge(address, facts, verifyServer ?? "accept");
  } catch (error) {
    socket.destroy();
    throw error;
  }
  if (verdict.decision === "refuse") {
    socket.destroy();
    if (verdict.reason === "unknown") onUnknown(facts);
    throw await knownServers.refuse(address, facts, verdict);
  }
  if (verdict.decision === "claim") await knownServers.remember(address, facts);
}

function serverCertificate(socket: TLSSocket): CertificateFacts {
  const certificate = socket.getPeerX509Certificate();
  if (certificate !== undefined) return readCertificate(certificate.raw);
  throw new HandclaspError("ERR_HANDCLASP_REFUSED", "the server showed no certificate");
}

function timeoutMs({ timeoutMs: most = 10_000 }: ConnectOptions): number {
  if (Number.isSafeInteger(most) && most > 0) return most;
  throw new HandclaspError("ERR_HANDCLASP_OPTION", `timeoutMs must be a whole number above 0, not ${most}`);
}

function timedOut(address: string, mostMs: number): HandclaspError {
  return new HandclaspError(
    "ERR_HANDCLASP_CONNECT",
    `${address}: no handshake within ${mostMs / 1000} seconds`,
  );
}
