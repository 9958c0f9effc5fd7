import type { Socket } from "node:net";
import { formatServerAddress, type ServerAddress } from "../../client/servers/server-address.ts";
import { nameText } from "../../explain/certificates/distinguished-name.ts";
import { nextConnectionNumber, toConnectionId } from "../../admission/connection-id.ts";
import { Tap } from "../../guard/tap/tap.ts";
import { CLIENT_CERTIFICATE_TYPES } from "../../tls/code-points/code-points.ts";
import { CIPHER_SUITE_NAMES } from "../../tls/code-points/code-points-cipher-suites.ts";
import { NAMED_GROUPS } from "../../tls/code-points/code-points-named-groups.ts";
import { SIGNATURE_SCHEMES } from "../../tls/code-points/code-points-signature-schemes.ts";
import type { CertificateMessage } from "../../tls/messages/certificates/certificate.ts";
import type { CertificateRequest } from "../../tls/messages/certificates/certificate-request.ts";
import type { HandshakeMessage } from "../../tls/messages/handshake-message.ts";
import type { ServerHello } from "../../tls/messages/hello/server-hello.ts";
import type { TraceMessage } from "../../tls/observer/trace-message.ts";
import { escapeText } from "../../trust/naming/peer-name.ts";
import { ConnectionTrace } from "../trace/connection/connection-trace.ts";
import { endpointsOf } from "../trace/connection/endpoints.ts";
import { certificateLines } from "../trace/formats/text-certificate.ts";
import { listLines } from "../trace/formats/text-layout.ts";
import { nameAll, nameOne, nameVersion } from "../trace/formats/text-names.ts";

/** What a server chose, showed and asked for, for people: what `openssl s_client` prints of it. */
export class HandshakeSummary {
  readonly #address: string;
  #tap: Tap | undefined;
  /** Nothing is read any more: what comes now is the application's. */
  #isOver = false;
  #hello: ServerHello | undefined;
  #group: string | undefined;
  #signature: number | undefined;
  #alpnProtocol: string | undefined;
  #certificate: CertificateMessage | undefined;
  #request: CertificateRequest | undefined;

  constructor(address: ServerAddress) {
    this.#address = formatServerAddress(address);
  }

  /** Listens to a handshake over this connection, which begins anew with it. */
  listen(raw: Socket): Tap {
    const tap = new Tap(raw, nextConnectionNumber(), "client");
    const { local, remote } = endpointsOf(raw);
    const connection = {
      id: toConnectionId(tap.number),
      side: "client",
      client: local,
      server: remote,
    } as const;
    const writer = { message: (message: TraceMessage): void => this.#message(message) };
    const trace = new ConnectionTrace(connection, writer, { explains: false, isLive: true });
    tap.listen((event) => {
      if (!this.#isOver) trace.event(event);
    });
    this.#tap = tap;
    return tap;
  }

  keyLog(line: Buffer): void {
    this.#tap?.keyLog(line);
  }

  /** Ends the listening; undefined when there is nothing to say, or all was said before. */
  finish(): string | undefined {
    if (this.#isOver || this.#hello === undefined) return undefined;
    this.#isOver = true;
    return layOut([
      { label: "server", lines: [escapeText(this.#address)] },
      { label: "agreed on", lines: [this.#agreed(this.#hello).join(", ")] },
      ...(this.#signature === undefined
        ? []
        : [{ label: "signed by", lines: [nameOne(this.#signature, SIGNATURE_SCHEMES)] }]),
      ...chainRows(this.#certificate),
      ...requestRows(this.#request),
    ]);
  }

  #message({ direction, parsed }: TraceMessage): void {
    if (direction !== "read" || parsed === undefined) return;
    // Only now: TLS must have asked before, and end with the server, as it does without a tap.
    this.#tap?.keepHalfOpen();
    this.#heard(parsed);
  }

  #heard(heard: HandshakeMessage): void {
    switch (heard.name) {
      case "server_hello":
        this.#serverHello(heard.message);
        break;
      case "encrypted_extensions":
        this.#alpnProtocol = heard.message.alpnProtocol;
        break;
      case "certificate":
        this.#certificate = heard.message;
        break;
      case "compressed_certificate":
        this.#certificate = heard.message.certificate;
        break;
      case "certificate_request":
        this.#request = heard.message;
        break;
      case "certificate_verify":
        this.#signature = heard.message.algorithm;
        break;
      case "server_key_exchange": {
        const { message } = heard;
        if (message.method === "other") break;
        this.#signature = message.signature?.algorithm;
        if (message.method === "ecdhe") this.#group = nameOne(message.namedGroup, NAMED_GROUPS);
        if (message.method === "dhe") this.#group = `DHE of ${message.prime.length * 8} bits`;
      }
    }
  }

  #serverHello(hello: ServerHello): void {
    if (hello.isHelloRetryRequest) return;
    this.#hello = hello;
    this.#alpnProtocol = hello.alpnProtocol;
    this.#group = hello.keyShare && nameOne(hello.keyShare.group, NAMED_GROUPS);
  }

  #agreed({ version, cipherSuite }: ServerHello): readonly string[] {
    return [
      nameVersion(version),
      nameOne(cipherSuite, CIPHER_SUITE_NAMES),
      ...(this.#group === undefined ? [] : [this.#group]),
      ...(this.#alpnProtocol === undefined ? [] : [`protocol ${escapeText(this.#alpnProtocol)}`]),
    ];
  }
}

interface Row {
  readonly label: string;
  readonly lines: readonly string[];
}

function chainRows(shown: CertificateMessage | undefined): readonly Row[] {
  if (shown === undefined) return [{ label: "certificate", lines: ["none was shown"] }];
  const { entries, publicKey } = shown;
  if (publicKey !== undefined) return [{ label: "key", lines: certificateLines(publicKey) }];
  return entries.map(({ certificate }, at) => ({
    label: `certificate ${at + 1}`,
    lines: certificateLines(certificate),
  }));
}

/** In whole, unlike in a trace: these are what a certificate is chosen by. */
function requestRows(request: CertificateRequest | undefined): readonly Row[] {
  if (request === undefined) return [{ label: "asks for", lines: ["no certificate"] }];
  const authorities = request.certificateAuthorities.map((name) => nameText(name) || "an empty name");
  const lists: readonly Row[] = [
    {
      label: "signatures",
      lines: listLines(nameAll(request.signatureAlgorithms, SIGNATURE_SCHEMES), Infinity),
    },
    {
      label: "of certificates",
      lines: listLines(nameAll(request.signatureAlgorithmsCert, SIGNATURE_SCHEMES), Infinity),
    },
    {
      label: "key types",
      lines: listLines(nameAll(request.certificateTypes, CLIENT_CERTIFICATE_TYPES), Infinity),
    },
  ];
  return [
    {
      label: "asks for",
      lines:
        authorities.length === 0
          ? ["a certificate of any authority"]
          : ["a certificate of one of", ...authorities],
    },
    ...lists.filter(({ lines }) => lines.length > 0),
  ];
}

const LABEL_WIDTH = 17;

function layOut(rows: readonly Row[]): string {
  return rows
    .flatMap(({ label, lines }) =>
      lines.map((line, at) => `${(at === 0 ? label : "").padEnd(LABEL_WIDTH)}${line}`),
    )
    .join("\n");
}
