import "../needs-node.ts";
export { ALERTS, type AlertName } from "./code-points/alert.ts";
export {
  ALERT_DESCRIPTIONS,
  ALERT_LEVELS,
  CERTIFICATE_COMPRESSION_ALGORITHMS,
  CERTIFICATE_STATUS_TYPES,
  CERTIFICATE_TYPE,
  CERTIFICATE_TYPES,
  CLIENT_CERTIFICATE_TYPES,
  CONTENT_TYPES,
  HANDSHAKE_TYPE,
  HANDSHAKE_TYPES,
  isGrease,
  PSK_KEY_EXCHANGE_MODES,
  type CodePoint,
  type CodePoints,
} from "./code-points/code-points.ts";
export { CIPHER_SUITE_NAMES } from "./code-points/code-points-cipher-suites.ts";
export { EXTENSION_TYPE, EXTENSION_TYPES } from "./code-points/code-points-extensions.ts";
export { NAMED_GROUPS } from "./code-points/code-points-named-groups.ts";
export { SIGNATURE_SCHEMES } from "./code-points/code-points-signature-schemes.ts";
export { type TlsVersion, VERSIONS } from "./code-points/code-points-version.ts";
export { CONTENT_TYPE } from "./code-points/content-type.ts";
export { formatJsonl } from "./formats/format-jsonl.ts";
export { formatListing } from "./formats/format-listing.ts";
export { nameContentType, nameMessageType } from "./formats/format-names.ts";
export { formatOpenssl } from "./formats/format-openssl.ts";
export { HandshakeObserver, type HandshakeObserverOptions } from "./observer/handshake-observer.ts";
export {
  type HandshakeFrame,
  HandshakeReader,
  type HandshakeReaderOptions,
} from "./records/handshake-reader.ts";
export { ja4, ja4Raw } from "./formats/ja4.ts";
export {
  type KeyLogEntry,
  type KeyLogProblem,
  parseKeyLog,
  parseKeyLogLine,
  type ParsedKeyLog,
  type SessionSecret,
} from "./keys/key-log.ts";
export { KeyLogSecrets, type KeyLogSecretsOptions, type SecretLabel } from "./keys/key-log-secrets.ts";
export { type Alert, parseAlert } from "./messages/alert.ts";
export {
  type CertificateEntry,
  type CertificateMessage,
  parseCertificateMessage,
} from "./messages/certificates/certificate.ts";
export {
  type CertificateRequest,
  parseCertificateRequest,
} from "./messages/certificates/certificate-request.ts";
export {
  type CertificateStatus,
  parseCertificateStatus,
} from "./messages/certificates/certificate-status.ts";
export {
  type CertificateVerify,
  parseCertificateVerify,
} from "./messages/certificates/certificate-verify.ts";
export { type ChangeCipherSpec, parseChangeCipherSpec } from "./messages/change-cipher-spec.ts";
export { type ClientHello, parseClientHello } from "./messages/hello/client-hello.ts";
export {
  type ClientKeyExchange,
  parseClientKeyExchange,
} from "./messages/key-exchange/client-key-exchange.ts";
export {
  type CompressedCertificate,
  parseCompressedCertificate,
} from "./messages/certificates/compressed-certificate.ts";
export { type EmptyMessage } from "./messages/empty-message.ts";
export { type EncryptedExtensions, parseEncryptedExtensions } from "./messages/hello/encrypted-extensions.ts";
export { type Finished, parseFinished } from "./messages/finished.ts";
export { type KeyUpdate, parseKeyUpdate } from "./messages/key-update.ts";
export { type NewSessionTicket, parseNewSessionTicket } from "./messages/new-session-ticket.ts";
export {
  parseServerHello,
  type ServerHello,
  type ServerHelloExtensions,
} from "./messages/hello/server-hello.ts";
export {
  type ServerKeyExchange,
  parseServerKeyExchange,
} from "./messages/key-exchange/server-key-exchange.ts";
export type { ClientHelloExtensions } from "./messages/extensions/client-hello-extensions.ts";
export type { Extension } from "./messages/parts/extension.ts";
export {
  type HandshakeContext,
  type HandshakeMessage,
  type HandshakeMessages,
  parseHandshakeMessage,
} from "./messages/handshake-message.ts";
export type { KeyShare } from "./messages/extensions/key-share.ts";
export { RecordReader, type TlsRecord } from "./records/record-reader.ts";
export {
  type Arrival,
  CHANGE_CIPHER_SPEC_TYPE,
  TRACE_CONTENT_TYPE,
  type TraceDirection,
  type TraceMessage,
  type TraceProblem,
} from "./observer/trace-message.ts";
export { ERROR_CODES, type ErrorCode, HandclaspError, isHandclaspError } from "../errors.ts";
