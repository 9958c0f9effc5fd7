import { readShownCertificate } from "../../../src/explain/certificates/shown-certificate.ts";
import type { Explanation } from "../../../src/explain/explanation.ts";
import type { HandshakeFacts } from "../../../src/explain/seen/handshake-facts.ts";
import type { Sender } from "../../../src/tls/records/sender.ts";
import type { CertificateRequest } from "../../../src/tls/messages/certificates/certificate-request.ts";
import type { ClientHello } from "../../../src/tls/messages/hello/client-hello.ts";
import type { ServerHello } from "../../../src/tls/messages/hello/server-hello.ts";

export const NOW: number = Date.UTC(2026, 5, 1);

/** A live connection of which nothing was seen yet. */
export function factsOf(seen: Partial<HandshakeFacts> = {}): HandshakeFacts {
  return {
    time: NOW,
    clientHello: undefined,
    retryRequest: undefined,
    serverHello: undefined,
    alpnProtocol: undefined,
    certificateRequest: undefined,
    chains: {},
    finished: new Set<Sender>(),
    alert: undefined,
    sealedAlert: undefined,
    isSealedAlertInFlight: false,
    sealedAnswer: undefined,
    isDone: false,
    hungUpAfterAnswer: false,
    leftUnspoken: false,
    last: undefined,
    spoke: new Set<Sender>(),
    said: {},
    firstBytes: {},
    firstToSpeak: "client",
    seen: new Set<Sender>(["client", "server"]),
    before: [],
    end: undefined,
    isUndecryptable: false,
    isHeadless: false,
    isCut: false,
    handclasp: new Set<Sender>(),
    ...seen,
  };
}

/** What any current client offers. */
export function helloOf(offered: Partial<ClientHello> = {}): ClientHello {
  return {
    legacyVersion: 0x0303,
    random: new Uint8Array(32),
    sessionId: new Uint8Array(0),
    cipherSuites: [0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f],
    compressionMethods: [0],
    extensions: [],
    supportedVersions: [0x0304, 0x0303],
    supportedGroups: [29, 23, 24],
    signatureAlgorithms: [0x0403, 0x0804, 0x0401],
    serverName: "here.example",
    ...offered,
  };
}

/** What a server chose. */
export function chosen(choice: Partial<ServerHello> = {}): ServerHello {
  return {
    isHelloRetryRequest: false,
    version: 0x0304,
    legacyVersion: 0x0303,
    random: new Uint8Array(32),
    sessionId: new Uint8Array(0),
    cipherSuite: 0x1301,
    compressionMethod: 0,
    extensions: [],
    ...choice,
  };
}

/** With what a server asks for a certificate. */
export function asking(request: Partial<CertificateRequest> = {}): CertificateRequest {
  return {
    requestContext: new Uint8Array(0),
    certificateTypes: [],
    signatureAlgorithms: [0x0403, 0x0804, 0x0401],
    signatureAlgorithmsCert: [],
    certificateAuthorities: [],
    compressCertificate: [],
    extensions: [],
    ...request,
  };
}

/** What is seen of a server that has the certificate `server` and asks for one of `authority`, and of what it was shown. */
export function shownTo(
  authority: Uint8Array,
  server: Uint8Array,
): (chain: readonly Uint8Array[], seen?: Partial<HandshakeFacts>) => HandshakeFacts {
  return (chain, seen = {}) =>
    factsOf({
      clientHello: helloOf(),
      serverHello: chosen(),
      certificateRequest: asking({ certificateAuthorities: [subjectOf(authority)] }),
      chains: { server: [server], client: chain },
      ...seen,
    });
}

export function subjectOf(der: Uint8Array): Uint8Array {
  return readShownCertificate(der)?.subject ?? new Uint8Array(0);
}

/** What nginx answers to a certificate that it does not take. */
export const HTTP_400: string =
  "HTTP/1.1 400 Bad Request\r\nServer: nginx\r\n\r\n<html><center>The SSL certificate error</center>";

/** The alert that ended it. */
export function by(sender: Sender, code: number): Pick<HandshakeFacts, "alert"> {
  return { alert: { by: sender, code } };
}

/** Rules with their certainty. */
export function rulesOf(explanations: readonly Explanation[]): readonly string[] {
  return explanations.map(({ rule, certainty }) => `${rule} ${certainty}`);
}
