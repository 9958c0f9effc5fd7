import { ByteReader } from "../../bytes/byte-reader.ts";
import type { HandclaspError } from "../../errors.ts";
import { CERTIFICATE_TYPE } from "../code-points/code-points.ts";
import { tlsVersion } from "../code-points/code-points-version.ts";
import type { ClientHello } from "../messages/hello/client-hello.ts";
import type { EncryptedExtensions } from "../messages/hello/encrypted-extensions.ts";
import type { ServerHello } from "../messages/hello/server-hello.ts";
import type { Sender } from "../records/sender.ts";

/** What the hellos of one handshake settled; a renegotiation has the next one. RFC 8446 §4.1, RFC 5246 §7.4.1. */
export interface Hellos {
  /** The last, when a HelloRetryRequest asked for a second. */
  client?: ClientHello;
  clientHellos: number;
  retry?: ServerHello;
  server?: ServerHello;
  /** In TLS 1.3: whether early data was taken, and what certificates are. RFC 8446 §4.2.10, RFC 7250 §3. */
  encryptedExtensions?: EncryptedExtensions;
  next?: Hellos;
}

/** Before anything was said. */
export function noHellos(): Hellos {
  return { clientHellos: 0 };
}

/** What the sender's Certificate message holds; undefined while that is not known. RFC 7250 §3. */
export function certificateTypeOf(sender: Sender, hellos: Hellos): number | undefined {
  const { server, encryptedExtensions } = hellos;
  if (server === undefined) return undefined;
  const chosen = hidesTypes(server) ? encryptedExtensions : server;
  if (chosen === undefined) return undefined;
  const type = sender === "client" ? chosen.clientCertificateType : chosen.serverCertificateType;
  return type ?? CERTIFICATE_TYPE.X509;
}

/** Whether content types are hidden from here on: TLS 1.3, and any version that is negotiated as it is. RFC 8446 §4.2.1. */
export function hidesTypes({ version, supportedVersion }: ServerHello): boolean {
  return supportedVersion !== undefined || tlsVersion(version) === "TLSv1.3";
}

/** Whether the server has still to answer the client's last hello. */
export function isUnanswered(hellos: Hellos): boolean {
  const answers = (hellos.retry === undefined ? 0 : 1) + (hellos.server === undefined ? 0 : 1);
  return hellos.clientHellos > answers;
}

/** The handshake that this ClientHello belongs to: the one at hand, or the next. A hello out of turn is malformed. */
export function takeClientHello(hellos: Hellos, hello: ClientHello): Hellos {
  if (hellos.server !== undefined && hellos.clientHellos > (hellos.retry === undefined ? 0 : 1))
    return takeClientHello((hellos.next ??= noHellos()), hello);
  if (isUnanswered(hellos)) throw outOfTurn("client_hello", "comes before the last one was answered");
  hellos.client = hello;
  hellos.clientHellos++;
  return hellos;
}

/** The handshake that this ServerHello or HelloRetryRequest belongs to: the one at hand, or the next. */
export function takeServerHello(hellos: Hellos, hello: ServerHello): Hellos {
  if (hellos.server !== undefined) {
    if (hellos.client === undefined) throw outOfTurn("server_hello", "answers no client_hello");
    return takeServerHello((hellos.next ??= noHellos()), hello);
  }
  if (!hello.isHelloRetryRequest) hellos.server = hello;
  else if (hellos.retry === undefined) hellos.retry = hello;
  else throw outOfTurn("server_hello", "is a second hello_retry_request");
  return hellos;
}

function outOfTurn(field: string, problem: string): HandclaspError {
  return new ByteReader(new Uint8Array(), field).malformed(problem);
}
