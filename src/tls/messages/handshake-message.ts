import { HANDSHAKE_TYPE } from "../code-points/code-points.ts";
import type { HandshakeVersion } from "../code-points/code-points-version.ts";
import { type CertificateMessage, parseCertificateMessage } from "./certificates/certificate.ts";
import { type CertificateRequest, parseCertificateRequest } from "./certificates/certificate-request.ts";
import { type CertificateStatus, parseCertificateStatus } from "./certificates/certificate-status.ts";
import { type CertificateVerify, parseCertificateVerify } from "./certificates/certificate-verify.ts";
import { type ClientHello, parseClientHello } from "./hello/client-hello.ts";
import { type ClientKeyExchange, parseClientKeyExchange } from "./key-exchange/client-key-exchange.ts";
import {
  type CompressedCertificate,
  parseCompressedCertificate,
} from "./certificates/compressed-certificate.ts";
import { type EmptyMessage, parseEmptyMessage } from "./empty-message.ts";
import { type EncryptedExtensions, parseEncryptedExtensions } from "./hello/encrypted-extensions.ts";
import { type Finished, parseFinished } from "./finished.ts";
import { type KeyUpdate, parseKeyUpdate } from "./key-update.ts";
import { type NewSessionTicket, parseNewSessionTicket } from "./new-session-ticket.ts";
import { parseServerHello, type ServerHello } from "./hello/server-hello.ts";
import { parseServerKeyExchange, type ServerKeyExchange } from "./key-exchange/server-key-exchange.ts";

/** What the handshake has settled so far, which some messages are read by. */
export interface HandshakeContext {
  /** The one that was negotiated; before the ServerHello it makes no difference. */
  readonly version: HandshakeVersion;
  /** IANA number; until TLS 1.2 the key exchange messages are read by it. */
  readonly cipherSuite?: number;
  /** Of an unfolded Certificate, in bytes; 256 KiB unless told. */
  readonly maxMessageLength?: number;
  /** What the sender's Certificate message holds, where that is known. RFC 7250 §3. */
  readonly certificateType?: number;
}

/** Each message that is read, by the name of its type. RFC 8446 §4, RFC 5246 §7.4. */
export interface HandshakeMessages {
  readonly hello_request: EmptyMessage;
  readonly client_hello: ClientHello;
  readonly server_hello: ServerHello;
  readonly new_session_ticket: NewSessionTicket;
  readonly end_of_early_data: EmptyMessage;
  readonly encrypted_extensions: EncryptedExtensions;
  readonly certificate: CertificateMessage;
  readonly server_key_exchange: ServerKeyExchange;
  readonly certificate_request: CertificateRequest;
  readonly server_hello_done: EmptyMessage;
  readonly certificate_verify: CertificateVerify;
  readonly client_key_exchange: ClientKeyExchange;
  readonly finished: Finished;
  readonly certificate_status: CertificateStatus;
  readonly key_update: KeyUpdate;
  readonly compressed_certificate: CompressedCertificate;
  /** Any other type: its body. */
  readonly other: Uint8Array;
}

/** A message, told apart by `name`; `type` is the number it came with. */
export type HandshakeMessage = {
  readonly [Name in keyof HandshakeMessages]: {
    readonly name: Name;
    readonly type: number;
    readonly message: HandshakeMessages[Name];
  };
}[keyof HandshakeMessages];

/** The message in `body`, which is without its header of four bytes; a type that is not known is kept as it is. */
export function parseHandshakeMessage(
  type: number,
  body: Uint8Array,
  context: HandshakeContext,
): HandshakeMessage {
  const { version, cipherSuite, maxMessageLength, certificateType } = context;
  switch (type) {
    case HANDSHAKE_TYPE.hello_request:
      return { name: "hello_request", type, message: parseEmptyMessage(body, "hello_request") };
    case HANDSHAKE_TYPE.client_hello:
      return { name: "client_hello", type, message: parseClientHello(body) };
    case HANDSHAKE_TYPE.server_hello:
      return { name: "server_hello", type, message: parseServerHello(body) };
    case HANDSHAKE_TYPE.new_session_ticket:
      return { name: "new_session_ticket", type, message: parseNewSessionTicket(body, version) };
    case HANDSHAKE_TYPE.end_of_early_data:
      return { name: "end_of_early_data", type, message: parseEmptyMessage(body, "end_of_early_data") };
    case HANDSHAKE_TYPE.encrypted_extensions:
      return { name: "encrypted_extensions", type, message: parseEncryptedExtensions(body) };
    case HANDSHAKE_TYPE.certificate: {
      const message = parseCertificateMessage(body, version, certificateType);
      return { name: "certificate", type, message };
    }
    case HANDSHAKE_TYPE.server_key_exchange: {
      const message = parseServerKeyExchange(body, version, cipherSuite);
      return { name: "server_key_exchange", type, message };
    }
    case HANDSHAKE_TYPE.certificate_request:
      return { name: "certificate_request", type, message: parseCertificateRequest(body, version) };
    case HANDSHAKE_TYPE.server_hello_done:
      return { name: "server_hello_done", type, message: parseEmptyMessage(body, "server_hello_done") };
    case HANDSHAKE_TYPE.certificate_verify:
      return { name: "certificate_verify", type, message: parseCertificateVerify(body, version) };
    case HANDSHAKE_TYPE.client_key_exchange:
      return {
        name: "client_key_exchange",
        type,
        message: parseClientKeyExchange(body, cipherSuite, version),
      };
    case HANDSHAKE_TYPE.finished:
      return { name: "finished", type, message: parseFinished(body) };
    case HANDSHAKE_TYPE.certificate_status:
      return { name: "certificate_status", type, message: parseCertificateStatus(body) };
    case HANDSHAKE_TYPE.key_update:
      return { name: "key_update", type, message: parseKeyUpdate(body) };
    case HANDSHAKE_TYPE.compressed_certificate: {
      const message = parseCompressedCertificate(body, version, maxMessageLength, certificateType);
      return { name: "compressed_certificate", type, message };
    }
    default:
      return { name: "other", type, message: body };
  }
}
