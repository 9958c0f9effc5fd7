import { CONTENT_TYPE } from "../../tls/content-type.ts";
import { ALERT_DESCRIPTIONS, isGrease } from "../../tls/code-points.ts";
import { CIPHER_SUITE_NAMES } from "../../tls/code-points-cipher-suites.ts";
import { VERSIONS } from "../../tls/code-points-version.ts";
import type { ClientHello } from "../../tls/messages/client-hello.ts";
import { toKeyId } from "../../trust/key-id.ts";
import { escapeText } from "../../trust/peer-name.ts";
import { describeCertificate } from "../../x509/certificate-description.ts";
import { explainAlert, misnamedFor, RENAME } from "./explain-alert.ts";
import type { HandshakeStory, Sender, StoryEnd } from "./story.ts";

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
  const { clientHello, alert, finished, isUndecryptable, isHeadless } = story;
  if (clientHello === undefined && isHeadless) {
    return "The capture begins in the middle of the connection, after its handshake. Begin it before the client connects: tcpdump -s 0 -w FILE";
  }
  const stranger = whoSpeaksNoTls(story);
  if (stranger !== undefined) return notTls(stranger, story);
  if (alert !== undefined) {
    const name = ALERT_DESCRIPTIONS.name(alert.code) ?? "unknown";
    return `The ${alert.by} ended it with the alert ${name} (${alert.code}): ${explainAlert(alert, story)}`;
  }
  if (clientHello === undefined) return saidNothing(story);
  if (finished.has("client") && finished.has("server"))
    return `Both sides finished the handshake.${afterwards(story)}`;
  if (isUndecryptable) {
    return "What followed could not be decrypted: capture with the client's key log (SSLKEYLOGFILE) and give it with --keylog.";
  }
  return gaveUp(story);
}

function gaveUp(story: HandshakeStory): string {
  const { last, serverHello, isCertificateAsked, certificates, isCut, end } = story;
  const step = last === undefined ? "before any message" : `after the ${last.by}'s ${last.name}`;
  if (isCut) {
    return `What was captured ends ${step}, and the connection may have gone on. Capture it whole: tcpdump -s 0 -w FILE`;
  }
  const how = `${endOf(end)} without an alert, ${step}`;
  if (serverHello === undefined) {
    return end?.by === "client"
      ? `${how}: it gave up waiting for an answer in TLS, or its program ended. Look at what listens there, and at what lies between: openssl s_client -connect HOST:PORT -msg`
      : `${how}: what listens there gave no answer in TLS. Look at its log; to try it: openssl s_client -connect HOST:PORT -msg`;
  }
  if (end?.by === "server") {
    return `${how}: it gave up waiting for the client (a timeout), or its program ended. Look at the logs of both`;
  }
  if (isCertificateAsked && certificates.client === undefined) {
    return `${how}: it gave up when it had seen the server's certificate, or was asked for one. Look at the client's own log; with openssl: openssl s_client -connect HOST:PORT -showcerts`;
  }
  return `${how}: a timeout, a program that ended, or something between the two. Look at the logs of both.`;
}

function endOf(end: StoryEnd | undefined): string {
  return end === undefined ? "The connection ended" : `The ${end.by} ${end.how} the connection`;
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

function saidNothing({ firstBytes, isCut, end }: HandshakeStory): string {
  const isCutShort = "The client's ClientHello is not whole";
  if (firstBytes.client === undefined) {
    return end?.by === "server"
      ? "The client connected and said nothing until the server closed the connection (a timeout). A TLS client, to compare: handclasp connect HOST:PORT"
      : "The client connected and said nothing, as port scans and health checks do. A TLS client, to compare: handclasp connect HOST:PORT";
  }
  return isCut
    ? `${isCutShort}: the capture lacks bytes. Capture it whole: tcpdump -s 0 -w FILE`
    : `${isCutShort}: ${lowered(endOf(end))} before that. Look at the client's own log`;
}

function lowered(sentence: string): string {
  return sentence.slice(0, 1).toLowerCase() + sentence.slice(1);
}

/** A client that checks names after the handshake, as curl does, leaves without saying why. */
function afterwards(story: HandshakeStory): string {
  const name = misnamedFor(story);
  if (name === undefined || story.spoke.has("client")) return "";
  return ` But the server's certificate is not for "${name}", and the client said nothing after it: ${RENAME}`;
}

function versionsOf({ supportedVersions, legacyVersion }: ClientHello): string {
  const versions = (supportedVersions ?? [legacyVersion]).filter((code) => !isGrease(code));
  return versions.slice(0, MOST_VERSIONS).map(nameVersion).join(", ");
}

const MOST_VERSIONS = 8;

function nameVersion(code: number): string {
  return VERSIONS.name(code) ?? `version 0x${code.toString(16).padStart(4, "0")}`;
}
