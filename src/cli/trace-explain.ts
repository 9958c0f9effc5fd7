import { CONTENT_TYPE } from "../tls/content-type.ts";
import { ALERT_DESCRIPTIONS, isGrease } from "../tls/code-points.ts";
import { CIPHER_SUITE_NAMES } from "../tls/code-points-cipher-suites.ts";
import { VERSIONS } from "../tls/code-points-version.ts";
import type { ClientHello } from "../tls/messages/client-hello.ts";
import { toKeyId } from "../trust/key-id.ts";
import { escapeText } from "../trust/peer-name.ts";
import { describeCertificate } from "../x509/certificate-description.ts";
import { explainAlert } from "./trace-explain-alert.ts";
import type { HandshakeStory, Sender } from "./trace-story.ts";

/** A handshake in a paragraph for people: who offered and showed what, how it ended, and what to do about it. */
export function explainHandshake(story: HandshakeStory): string {
  return [...introduction(story), outcome(story)].join(" ");
}

function introduction(story: HandshakeStory): readonly string[] {
  const { clientHello, serverHello } = story;
  if (clientHello === undefined) return [];
  const { serverName } = clientHello;
  const name = serverName === undefined ? "" : ` and asked for "${escapeText(serverName)}"`;
  const said = [`The client offered ${versionsOf(clientHello)}${name}.`];
  if (serverHello === undefined) return said;
  const suite = CIPHER_SUITE_NAMES.name(serverHello.cipherSuite) ?? `suite ${serverHello.cipherSuite}`;
  said.push(`The server chose ${nameVersion(serverHello.version)} with ${suite}${shown(story, "server")}.`);
  if (story.isCertificateAsked) {
    said.push(`It asked for the client's certificate${shown(story, "client")}.`);
  }
  return said;
}

/** The certificate that one side showed. */
function shown({ certificates }: HandshakeStory, sender: Sender): string {
  const der = certificates[sender];
  if (der === undefined) return "";
  if (der === null) return `, and the ${sender} had none to show`;
  try {
    const { subject, pin, notAfter } = describeCertificate(der);
    const until = new Date(notAfter).toISOString().slice(0, 10);
    return `, and the ${sender} showed "${subject}", key ${toKeyId(pin)}, valid until ${until}`;
  } catch {
    return `, and the ${sender} showed one that cannot be read`;
  }
}

function outcome(story: HandshakeStory): string {
  const { clientHello, alert, finished, isUndecryptable } = story;
  const stranger = whoSpeaksNoTls(story);
  if (stranger !== undefined) return notTls(stranger, story);
  if (alert !== undefined) {
    const name = ALERT_DESCRIPTIONS.name(alert.code) ?? "unknown";
    return `The ${alert.by} ended it with the alert ${name} (${alert.code}): ${explainAlert(alert, story)}`;
  }
  if (clientHello === undefined) return saidNothing(story);
  if (finished.has("client") && finished.has("server")) return "Both sides finished the handshake.";
  if (isUndecryptable) {
    return "What followed could not be decrypted: capture with the client's key log (SSLKEYLOGFILE) and give it with --keylog.";
  }
  return gaveUp(story);
}

function gaveUp({ last, resetBy, serverHello, isCertificateAsked, certificates }: HandshakeStory): string {
  const step = `after ${last ?? "nothing"}`;
  const how =
    resetBy === undefined
      ? "The connection ended without an alert"
      : `The ${resetBy} reset the connection without an alert`;
  if (serverHello === undefined) {
    return `${how}, ${step}: no server answered in TLS. Look at what listens there, and at what lies between: openssl s_client -connect HOST:PORT -msg`;
  }
  if (isCertificateAsked && certificates.client === undefined) {
    return `${how}, ${step}: the client gave up when it had seen the server's certificate, or was asked for one. Look at the client's own log; with openssl: openssl s_client -connect HOST:PORT -showcerts`;
  }
  return `${how}, ${step}: a timeout, a program that ended, or something between the two. Look at the logs of both.`;
}

/** Whoever began with something else than a record of TLS. */
function whoSpeaksNoTls({ firstBytes, clientHello, serverHello }: HandshakeStory): Sender | undefined {
  if (clientHello === undefined && !isRecord(firstBytes.client)) return "client";
  return serverHello === undefined && !isRecord(firstBytes.server) ? "server" : undefined;
}

/** True of nothing, too. RFC 8446 §5.1. */
function isRecord(bytes: Uint8Array | undefined): boolean {
  const [type, major] = bytes ?? [];
  return type === undefined || (type >= CONTENT_TYPE.changeCipherSpec && type <= LAST_TYPE && major === 3);
}

const LAST_TYPE = 24;

function notTls(sender: Sender, { firstBytes }: HandshakeStory): string {
  const text = Buffer.from(firstBytes[sender] ?? []).toString("latin1");
  return /^(?:GET|POST|HEAD|PUT|OPTIONS|PRI) |^HTTP\//.test(text)
    ? `The ${sender} speaks plain HTTP, not TLS. For HTTP over TLS the address begins with https://, as in curl https://HOST:PORT/`
    : `The ${sender} speaks no TLS: it began with "${escapeText(text)}". A TLS client, to compare: handclasp connect HOST:PORT`;
}

function saidNothing({ firstBytes }: HandshakeStory): string {
  return firstBytes.client === undefined
    ? "The client connected and said nothing, as port scans and health checks do. A TLS client, to compare: handclasp connect HOST:PORT"
    : "The client's ClientHello is not whole: it gave up, or the bytes are not all there. Capture from the beginning: tcpdump -s 0 -w FILE";
}

function versionsOf({ supportedVersions, legacyVersion }: ClientHello): string {
  const versions = (supportedVersions ?? [legacyVersion]).filter((code) => !isGrease(code));
  return versions.slice(0, MOST_VERSIONS).map(nameVersion).join(", ");
}

const MOST_VERSIONS = 8;

function nameVersion(code: number): string {
  return VERSIONS.name(code) ?? `version 0x${code.toString(16).padStart(4, "0")}`;
}
