import { nameText } from "../../../explain/certificates/distinguished-name.ts";
import {
  CERTIFICATE_COMPRESSION_ALGORITHMS,
  CLIENT_CERTIFICATE_TYPES,
  HANDSHAKE_TYPES,
  isGrease,
} from "../../../tls/code-points/code-points.ts";
import { CIPHER_SUITE_NAMES } from "../../../tls/code-points/code-points-cipher-suites.ts";
import { NAMED_GROUPS } from "../../../tls/code-points/code-points-named-groups.ts";
import { SIGNATURE_SCHEMES } from "../../../tls/code-points/code-points-signature-schemes.ts";
import type { CertificateMessage } from "../../../tls/messages/certificates/certificate.ts";
import type { CertificateRequest } from "../../../tls/messages/certificates/certificate-request.ts";
import type { ClientHello } from "../../../tls/messages/hello/client-hello.ts";
import type { HandshakeMessage } from "../../../tls/messages/handshake-message.ts";
import type { ServerHello } from "../../../tls/messages/hello/server-hello.ts";
import { escapeText } from "../../../trust/naming/peer-name.ts";
import { certificateLines } from "./text-certificate.ts";
import { type Detail, listLines } from "./text-layout.ts";
import { camelCase, countOf, nameAll, nameOne, nameVersion } from "./text-names.ts";

/** What is said of one handshake message. */
export interface MessageText {
  readonly name: string;
  readonly facts: readonly string[];
  readonly details: readonly Detail[];
}

/** A handshake message in words; one that could not be read has its name only. */
export function describeHandshake(
  type: number,
  parsed: HandshakeMessage | undefined,
  isResumed: boolean,
): MessageText {
  const known = HANDSHAKE_TYPES.name(type);
  const name = known === null ? `handshake message ${type}` : camelCase(known);
  const text = (facts: readonly string[] = [], details: readonly Detail[] = []): MessageText => ({
    name,
    facts,
    details,
  });
  if (parsed === undefined) return text(["cannot be read"]);
  switch (parsed.name) {
    case "client_hello":
      return text(clientHelloFacts(parsed.message), clientHelloDetails(parsed.message));
    case "server_hello":
      return describeServerHello(parsed.message, isResumed);
    case "encrypted_extensions": {
      const { alpnProtocol, earlyData } = parsed.message;
      return text([...protocolFact(alpnProtocol), ...(earlyData ? ["takes the early data"] : [])]);
    }
    case "certificate_request":
      return text(requestFacts(parsed.message), requestDetails(parsed.message));
    case "certificate":
      return text(certificateFacts(parsed.message), certificateDetails(parsed.message));
    case "compressed_certificate": {
      const { algorithm, certificate } = parsed.message;
      const by = `compressed by ${nameOne(algorithm, CERTIFICATE_COMPRESSION_ALGORITHMS)}`;
      if (certificate === undefined) return text([by]);
      return text([...certificateFacts(certificate), by], certificateDetails(certificate));
    }
    case "certificate_verify":
      return text(["proves that it has the key", ...signedBy(parsed.message.algorithm)]);
    case "server_key_exchange":
      return text(
        parsed.message.method === "ecdhe"
          ? [
              nameOne(parsed.message.namedGroup, NAMED_GROUPS),
              ...signedBy(parsed.message.signature?.algorithm),
            ]
          : [parsed.message.method.toUpperCase()],
      );
    case "new_session_ticket":
      return text([`valid for ${spellSeconds(parsed.message.lifetimeSeconds)}`]);
    case "key_update":
      return text(parsed.message.updateRequested ? ["asks the other side to do so, too"] : []);
    case "other":
      return text([countOf(parsed.message.length, "byte")]);
    default:
      return text();
  }
}

function clientHelloFacts(hello: ClientHello): readonly string[] {
  const { serverName, supportedVersions, legacyVersion, preSharedKey, earlyData } = hello;
  const versions = (supportedVersions ?? [legacyVersion]).filter((code) => !isGrease(code));
  const facts = [
    supportedVersions === undefined
      ? `up to ${nameVersion(legacyVersion)}`
      : spellVersions(versions.map(nameVersion)),
    serverName === undefined ? "names no server" : `for "${escapeText(serverName)}"`,
  ];
  const hasTicket = (hello.sessionTicket?.length ?? 0) > 0;
  if (preSharedKey !== undefined || hasTicket) facts.push("would resume a session");
  if (earlyData === true) facts.push("early data follows");
  return facts;
}

/** `TLS 1.3, 1.2 or 1.1`. */
function spellVersions(names: readonly string[]): string {
  const short = names.map((name, at) => (at === 0 ? name : name.replace(/^TLS /, "")));
  return short.length < 2 ? short.join("") : `${short.slice(0, -1).join(", ")} or ${short.at(-1)}`;
}

function clientHelloDetails(hello: ClientHello): readonly Detail[] {
  const { cipherSuites, supportedGroups, keyShares, signatureAlgorithms, alpnProtocols } = hello;
  const shares = keyShares?.map(({ group }) => group);
  return [
    ...listDetail("cipher suites", nameAll(cipherSuites, CIPHER_SUITE_NAMES)),
    ...listDetail("groups", nameAll(supportedGroups, NAMED_GROUPS)),
    ...listDetail("key shares", nameAll(shares, NAMED_GROUPS)),
    ...listDetail("signatures", nameAll(signatureAlgorithms, SIGNATURE_SCHEMES)),
    ...listDetail("protocols", alpnProtocols?.map((name) => escapeText(name)) ?? []),
    ...authoritiesDetail(hello.certificateAuthorities ?? []),
  ];
}

function describeServerHello(hello: ServerHello, isResumed: boolean): MessageText {
  const { version, cipherSuite, keyShare, alpnProtocol, isHelloRetryRequest, selectedGroup } = hello;
  const chosen = [nameVersion(version), nameOne(cipherSuite, CIPHER_SUITE_NAMES)];
  if (isHelloRetryRequest) {
    const share =
      selectedGroup === undefined ? [] : [`wants a key share of ${nameOne(selectedGroup, NAMED_GROUPS)}`];
    return { name: "HelloRetryRequest", facts: [...share, ...chosen], details: [] };
  }
  const group = keyShare === undefined ? [] : [nameOne(keyShare.group, NAMED_GROUPS)];
  const resumes = isResumed ? ["resumes the session"] : [];
  const facts = [...chosen, ...group, ...protocolFact(alpnProtocol), ...resumes];
  return { name: "ServerHello", facts, details: [] };
}

function protocolFact(alpnProtocol: string | undefined): readonly string[] {
  return alpnProtocol === undefined ? [] : [`protocol ${escapeText(alpnProtocol)}`];
}

function requestFacts({ certificateAuthorities }: CertificateRequest): readonly string[] {
  const { length } = certificateAuthorities;
  if (length === 0) return ["of any authority"];
  return [length === 1 ? "of one authority" : `of one of ${length} authorities`];
}

function requestDetails(request: CertificateRequest): readonly Detail[] {
  return [
    ...authoritiesDetail(request.certificateAuthorities),
    ...listDetail("signatures", nameAll(request.signatureAlgorithms, SIGNATURE_SCHEMES)),
    ...listDetail("key types", nameAll(request.certificateTypes, CLIENT_CERTIFICATE_TYPES)),
  ];
}

function certificateFacts({ entries, publicKey }: CertificateMessage): readonly string[] {
  if (publicKey !== undefined) return ["a bare public key"];
  return [entries.length === 0 ? "none: has none to show" : countOf(entries.length, "certificate")];
}

function certificateDetails({ entries, publicKey }: CertificateMessage): readonly Detail[] {
  if (publicKey !== undefined) return [{ label: "key", lines: certificateLines(publicKey) }];
  return entries.map(({ certificate }, at) => ({ label: `${at + 1}`, lines: certificateLines(certificate) }));
}

function signedBy(algorithm: number | undefined): readonly string[] {
  return algorithm === undefined ? [] : [`signed by ${nameOne(algorithm, SIGNATURE_SCHEMES)}`];
}

function listDetail(label: string, items: readonly string[]): readonly Detail[] {
  return items.length === 0 ? [] : [{ label, lines: listLines(items) }];
}

function spellSeconds(seconds: number): string {
  if (seconds % 3600 === 0 && seconds > 0) return countOf(seconds / 3600, "hour");
  return countOf(seconds, "second");
}

function authoritiesDetail(names: readonly Uint8Array[]): readonly Detail[] {
  const texts = names.map((name) => nameText(name) || "an empty name");
  return texts.length === 0 ? [] : [{ label: "authorities", lines: firstOf(texts) }];
}

/** Names are long, and have commas: each has a line. */
function firstOf(names: readonly string[]): readonly string[] {
  const rest = names.length - MOST_NAMES;
  return rest > 1 ? [...names.slice(0, MOST_NAMES), `and ${rest} more`] : names;
}

const MOST_NAMES = 8;
