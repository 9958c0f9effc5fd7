import { X509Certificate } from "node:crypto";
import { ALERTS } from "../../tls/alert.ts";
import { CIPHER_SUITE_NAMES } from "../../tls/code-points-cipher-suites.ts";
import { tlsVersion } from "../../tls/code-points-version.ts";
import { NAMED_GROUPS } from "../../tls/code-points-named-groups.ts";
import { escapeText } from "../../trust/peer-name.ts";
import { toPem } from "../../x509/certificate-description.ts";
import { readCertificate } from "../../x509/certificate-facts.ts";
import type { HandshakeStory, SentAlert } from "./story.ts";

type Explain = (story: HandshakeStory) => string;

/** What an alert means where it came in a handshake, and what to do about it. RFC 8446 §6.2. */
export function explainAlert({ by, code }: SentAlert, story: HandshakeStory): string {
  const explain = (by === "client" ? FROM_CLIENT : FROM_SERVER).get(code) ?? EITHER.get(code);
  return explain?.(story) ?? "TLS has no more to say about it. Look at the log of the side that sent it.";
}

const ON_SERVER = "handclasp explain LAST says on the server why";

const FROM_SERVER: ReadonlyMap<number, Explain> = new Map<number, Explain>([
  [ALERTS.protocol_version, noSharedVersion],
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
  [ALERTS.bad_certificate, (story) => refused(story, ".")],
  [
    ALERTS.certificate_unknown,
    (story) => refused(story, " for a reason of its own. Browsers do so for self-signed ones."),
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

/** No server of ours goes below TLS 1.2. */
function noSharedVersion({ clientHello }: HandshakeStory): string {
  const versions = clientHello?.supportedVersions ?? [clientHello?.legacyVersion];
  const both =
    "they have no TLS version in common. Let the client use a newer one (openssl s_client -tls1_3)";
  return versions.some((code) => code !== undefined && tlsVersion(code) === "TLSv1.2")
    ? `${both}, or the server an older one (handclasp serve --min-tls 1.2)`
    : both;
}

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
  const suites = namesOf(
    CIPHER_SUITE_NAMES,
    clientHello?.cipherSuites.filter((code) => !SIGNALLING.has(code)),
  );
  const groups = namesOf(NAMED_GROUPS, clientHello?.supportedGroups);
  return `they have no cipher suite, group or signature algorithm in common; the client offers the suites ${suites} and the groups ${groups}. Let it offer more, with openssl: openssl s_client -cipher ALL -groups X25519:P-256`;
}

/** No suites: RFC 5746 §3.3, RFC 7507 §4. */
const SIGNALLING: ReadonlySet<number> = new Set([0x00ff, 0x5600]);

function namesOf(
  table: { name(code: number): string | null },
  codes: readonly number[] | undefined = [],
): string {
  const names = codes.flatMap((code) => table.name(code) ?? []);
  const more = names.length > MOST_NAMES ? ` and ${names.length - MOST_NAMES} more` : "";
  return names.length === 0 ? "none" : `${names.slice(0, MOST_NAMES).join(", ")}${more}`;
}

const MOST_NAMES = 8;

function serverNameUnknown({ clientHello }: HandshakeStory): string {
  const { serverName } = clientHello ?? {};
  const asked = serverName === undefined ? "no name (SNI)" : `"${escapeText(serverName)}"`;
  return `the client asked for ${asked}, which the server does not answer to. Ask for another: handclasp connect HOST:PORT --servername NAME`;
}

/** The name that the client asked for, when the server's certificate is not for it; fit to be shown. */
export function misnamedFor({ clientHello, certificates }: HandshakeStory): string | undefined {
  const name = clientHello?.serverName;
  const der = certificates.server;
  if (name === undefined || !der) return undefined;
  try {
    readCertificate(der);
    return new X509Certificate(toPem(der)).checkHost(name) === undefined ? escapeText(name) : undefined;
  } catch {
    return undefined;
  }
}

/** What to do about a certificate that is not for the name. */
export const RENAME =
  "let it ask for the name that the certificate is for (openssl s_client -servername NAME, handclasp connect --servername NAME), or give the server one for that name: handclasp serve --cert FILE --key FILE";

/** Says so when the name is wrong, too. */
function misnamed(story: HandshakeStory): string {
  const name = misnamedFor(story);
  return name === undefined ? "" : `, which is not for "${name}" either`;
}

/** Why a client may refuse a certificate when its alert does not tell. */
function refused(story: HandshakeStory, otherwise: string): string {
  const name = misnamedFor(story);
  return name === undefined
    ? `the client refuses the server's certificate${otherwise} Look at it: openssl s_client -connect HOST:PORT -showcerts`
    : `the client refuses the server's certificate, which is not for "${name}". To put that right, ${RENAME}`;
}
