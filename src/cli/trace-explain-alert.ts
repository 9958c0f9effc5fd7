import { X509Certificate } from "node:crypto";
import { ALERTS } from "../tls/alert.ts";
import { NAMED_GROUPS } from "../tls/code-points-named-groups.ts";
import { escapeText } from "../trust/peer-name.ts";
import { toPem } from "../x509/certificate-description.ts";
import { readCertificate } from "../x509/certificate-facts.ts";
import type { HandshakeStory, SentAlert } from "./trace-story.ts";

type Explain = (story: HandshakeStory) => string;

/** What an alert means where it came in a handshake, and what to do about it. RFC 8446 §6.2. */
export function explainAlert({ by, code }: SentAlert, story: HandshakeStory): string {
  const explain = (by === "client" ? FROM_CLIENT : FROM_SERVER).get(code) ?? EITHER.get(code);
  return explain?.(story) ?? "TLS has no more to say about it. Look at the log of the side that sent it.";
}

const ON_SERVER = "handclasp explain LAST says on the server why";

const FROM_SERVER: ReadonlyMap<number, Explain> = new Map<number, Explain>([
  [
    ALERTS.protocol_version,
    () =>
      "they have no TLS version in common. Let the client use a newer one (openssl s_client -tls1_3), or the server an older one (handclasp serve --min-tls 1.2)",
  ],
  [ALERTS.handshake_failure, handshakeFailure],
  [
    ALERTS.insufficient_security,
    () => "what the client offers is too weak for the server. Update the client",
  ],
  [
    ALERTS.certificate_required,
    () =>
      "the server lets in nobody without a certificate. Show one: handclasp connect HOST:PORT --identity NAME, or openssl s_client with -cert and -key",
  ],
  [
    ALERTS.bad_certificate,
    () =>
      `the server cannot read the client's certificate, or its signature is wrong. Make another: handclasp identity create NAME. ${ON_SERVER}`,
  ],
  [
    ALERTS.unsupported_certificate,
    () =>
      `the client's certificate is for another purpose (openssl x509 -in FILE -noout -purpose), or its key of a type or size that is not taken. Make another: handclasp identity create NAME. ${ON_SERVER}`,
  ],
  [
    ALERTS.certificate_revoked,
    () => `the client's key was revoked or replaced there. ${ON_SERVER}, and with which command to undo it`,
  ],
  [
    ALERTS.certificate_expired,
    () => `the dates of the client's certificate, or the approval of its key, do not cover now. ${ON_SERVER}`,
  ],
  [
    ALERTS.certificate_unknown,
    () => `the name the client claims is bound to another key there. ${ON_SERVER}, and which key that is`,
  ],
  [
    ALERTS.unknown_ca,
    () =>
      "the server knows neither the client's certificate nor whoever signed it. On a handclasp server: handclasp trust add FILE, with what handclasp identity show --pem prints at the client",
  ],
  [
    ALERTS.access_denied,
    () =>
      `the client's key is known there, but not let in: it waits for approval, or is not wanted. ${ON_SERVER}; handclasp trust list shows it`,
  ],
  [ALERTS.unrecognized_name, serverNameUnknown],
  [
    ALERTS.no_application_protocol,
    ({ clientHello }) => {
      const offered = clientHello?.alpnProtocols?.map((name) => `"${escapeText(name)}"`).join(", ") ?? "none";
      return `they have no application protocol (ALPN) in common; the client offers ${offered}. With openssl: openssl s_client -alpn PROTOCOL`;
    },
  ],
  [ALERTS.internal_error, () => `the server cannot decide at the moment. ${ON_SERVER}`],
]);

const FROM_CLIENT: ReadonlyMap<number, Explain> = new Map<number, Explain>([
  [
    ALERTS.unknown_ca,
    (story) =>
      `the client does not trust whoever signed the server's certificate${misnamed(story)}. Give it that certificate, as trace read --certificates FOLDER keeps it: curl --cacert FILE, or openssl s_client -CAfile FILE; handclasp connect needs none`,
  ],
  [
    ALERTS.bad_certificate,
    (story) =>
      `the client refuses the server's certificate${misnamed(story)}. Look at it: openssl s_client -connect HOST:PORT -showcerts`,
  ],
  [
    ALERTS.certificate_unknown,
    (story) =>
      `the client refuses the server's certificate for a reason of its own${misnamed(story)}. Browsers do so for self-signed ones. Look at it: openssl s_client -connect HOST:PORT -showcerts`,
  ],
  [
    ALERTS.certificate_expired,
    () =>
      "the dates of the server's certificate do not cover now. Give the server a new one (handclasp serve --cert FILE --key FILE), and compare the clocks: date --utc",
  ],
  [
    ALERTS.unsupported_certificate,
    () =>
      "the server's certificate is for another purpose (openssl x509 -in FILE -noout -purpose), or its key of a type that the client does not take. Give the server another: handclasp serve --cert FILE --key FILE",
  ],
  [
    ALERTS.certificate_revoked,
    () =>
      "the client holds the server's certificate for revoked. Give the server another: handclasp serve --cert FILE --key FILE",
  ],
  [
    ALERTS.protocol_version,
    () => "the client does not take the TLS version that the server chose. Let the server offer a newer one",
  ],
]);

const EITHER: ReadonlyMap<number, Explain> = new Map<number, Explain>([
  [
    ALERTS.decrypt_error,
    () =>
      "a signature or Finished does not fit: key and certificate do not belong together, or bytes were changed on the way",
  ],
  [ALERTS.bad_record_mac, () => "a record was changed on the way, or the two have different keys"],
  [ALERTS.decode_error, () => "the other side sent what cannot be read"],
  [ALERTS.illegal_parameter, () => "the other side sent what breaks the rules of TLS"],
  [ALERTS.unexpected_message, () => "the other side sent something out of order, or not TLS at all"],
  [ALERTS.user_canceled, () => "somebody cancelled it there"],
  [ALERTS.no_renegotiation, () => "the other side wanted to renegotiate. Switch that off there"],
]);

function handshakeFailure({
  clientHello,
  serverHello,
  isCertificateAsked,
  certificates,
}: HandshakeStory): string {
  if (isCertificateAsked && certificates.client === null) {
    return "the server lets in nobody without a certificate, which TLS 1.2 calls so. Show one: handclasp connect HOST:PORT --identity NAME";
  }
  if (serverHello !== undefined) return "the server gave no other reason. Look at its log";
  const groups = clientHello?.supportedGroups?.flatMap((code) => NAMED_GROUPS.name(code) ?? []) ?? [];
  return `they have no cipher suite, group or signature algorithm in common; the client offers ${clientHello?.cipherSuites.length ?? 0} suites and the groups ${groups.slice(0, 8).join(", ") || "none"}. With openssl: openssl s_client -cipher ALL -groups X25519:P-256`;
}

function serverNameUnknown({ clientHello }: HandshakeStory): string {
  const { serverName } = clientHello ?? {};
  const asked = serverName === undefined ? "no name (SNI)" : `"${escapeText(serverName)}"`;
  return `the client asked for ${asked}, which the server does not answer to. Ask for another: handclasp connect HOST:PORT --servername NAME`;
}

/** Says so when the server's certificate is not for the name that the client asked for. */
function misnamed({ clientHello, certificates }: HandshakeStory): string {
  const name = clientHello?.serverName;
  const der = certificates.server;
  if (name === undefined || !der) return "";
  try {
    readCertificate(der);
    if (new X509Certificate(toPem(der)).checkHost(name) !== undefined) return "";
  } catch {
    return "";
  }
  return `, which is not for "${escapeText(name)}" either`;
}
