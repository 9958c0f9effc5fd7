import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import type { AddressInfo, Server as NetServer, Socket } from "node:net";
import { createServer, type TlsOptions, type TLSSocket } from "node:tls";
import type { ConnectOptions } from "../../../src/client/connection/connect.ts";
import type { IdentityPem } from "../../../src/client/identities/identity.ts";
import { KnownServers } from "../../../src/client/servers/known-servers.ts";
import type { TrustStore } from "../../../src/trust/port/trust-store.ts";
import { type CreatedIdentity, createIdentity } from "../../../src/x509/create-identity.ts";
import { toPem } from "../../../src/x509/certificate-description.ts";
import { JOIN_PROOF } from "../../../src/x509/parts/private-extensions.ts";
import { certificateOf, extension } from "../../x509/support/der-writer.ts";
import type { IdentityType } from "../../../src/x509/identity-type.ts";

/** A TLS server that says `welcome` to everybody and ends the connection. */
export interface Listening extends AsyncDisposable {
  readonly port: number;
  /** Certificates of clients, in the order in which the server came to see them. */
  readonly seen: (string | undefined)[];
  /** Whether its handshakes were resumed, in the order in which they ended well. */
  readonly resumed: boolean[];
  /** Resolves with the next connection's end: whether its handshake was done. */
  ended(): Promise<boolean>;
}

export function identity(name: string, type: IdentityType = "p256"): Promise<CreatedIdentity> {
  return createIdentity({ name, type, now: new Date() });
}

/** Key and certificate as a server wants them; OpenSSL takes the certificate, our reader finds an extension of ours twice. */
export function unreadable(): { readonly key: string; readonly cert: string } {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const proof = extension(JOIN_PROOF.oid, Buffer.of(5, 0));
  const certificate = certificateOf({
    spki: publicKey.export({ type: "spki", format: "der" }),
    extensions: [proof, proof],
  });
  return { key: privateKey.export({ type: "pkcs8", format: "pem" }), cert: toPem(certificate) };
}

/** Key and certificate as a server wants them. */
export function shownBy({ privateKeyPem, certificatePem }: CreatedIdentity): TlsOptions {
  return { key: privateKeyPem, cert: certificatePem };
}

/** Key and certificate as a client of ours wants them. */
export function asIdentity({ privateKeyPem, certificatePem }: CreatedIdentity): IdentityPem {
  return { key: privateKeyPem, certificate: certificatePem };
}

/** Listens on a free port of the loopback, or on the one that is named. */
export async function listening(server: NetServer, port = 0): Promise<number> {
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

export async function serve(
  own: CreatedIdentity,
  port = 0,
  options: TlsOptions & { readonly quiet?: true } = {},
): Promise<Listening> {
  const { quiet, ...tlsOptions } = options;
  const server = createServer({
    ...shownBy(own),
    requestCert: true,
    rejectUnauthorized: false,
    ...tlsOptions,
  });
  const seen: (string | undefined)[] = [];
  const resumed: boolean[] = [];
  const ends: boolean[] = [];
  let wake: (() => void) | undefined;
  const end = (done: boolean): void => {
    ends.push(done);
    wake?.();
  };
  server.on("secureConnection", (socket: TLSSocket) => {
    seen.push(socket.getPeerX509Certificate()?.subject);
    resumed.push(socket.isSessionReused());
    socket.on("error", () => undefined);
    socket.on("close", () => end(true));
    if (quiet === undefined) socket.end("welcome");
    socket.resume();
  });
  server.on("tlsClientError", () => end(false));
  const open = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    open.add(socket);
    socket.on("close", () => open.delete(socket));
  });
  return {
    port: await listening(server, port),
    seen,
    resumed,
    async ended() {
      while (ends.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      return ends.shift() === true;
    },
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}

export function optionsFor(
  store: TrustStore,
  port: number,
  more: Partial<ConnectOptions> = {},
): ConnectOptions {
  const knownServers = new KnownServers(store, { now: Date.now, process: "test" });
  return { host: "127.0.0.1", port, knownServers, ...more };
}

/** A client identity of that name, as an option. */
export async function showing(name: string): Promise<{ readonly identity: IdentityPem }> {
  return { identity: asIdentity(await identity(name)) };
}

/** All that comes until the connection closes. */
export async function readAll(socket: TLSSocket): Promise<string> {
  let text = "";
  socket.setEncoding("utf8").on("data", (part: string) => (text += part));
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.on("error", reject);
  socket.on("close", () => resolve());
  await promise;
  return text;
}
