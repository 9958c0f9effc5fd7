import type { ConnectionEnd, HandshakeFacts, SentAlert } from "../../../explain/seen/handshake-facts.ts";
import type { Sender } from "../../../tls/records/sender.ts";
import { SealedRecords } from "../../../explain/seen/sealed-records.ts";
import { readShownCertificate } from "../../../explain/certificates/shown-certificate.ts";
import { ALERTS } from "../../../tls/code-points/alert.ts";
import { VERSIONS } from "../../../tls/code-points/code-points-version.ts";
import { CONTENT_TYPE } from "../../../tls/code-points/content-type.ts";
import {
  senderOf,
  TRACE_CONTENT_TYPE,
  type TraceMessage,
  type TraceProblem,
} from "../../../tls/observer/trace-message.ts";
import type { CertificateMessage } from "../../../tls/messages/certificates/certificate.ts";
import type { CertificateRequest } from "../../../tls/messages/certificates/certificate-request.ts";
import type { ClientHello } from "../../../tls/messages/hello/client-hello.ts";
import type { ServerHello } from "../../../tls/messages/hello/server-hello.ts";

const FIRST_BYTES = 16;
/** Of an answer in HTTP: its head, and what nginx writes below. */
const MOST_SAID = 2048;
const MOST_CERTIFICATES = 10;

const BOTH: ReadonlySet<Sender> = new Set<Sender>(["client", "server"]);

/** Follows one connection; `side` is the one whose `read` and `write` its messages tell. */
export class StoryTeller implements HandshakeFacts {
  readonly #side: Sender;
  readonly #records = new SealedRecords();
  readonly #seen = new Set<Sender>();
  readonly #handclasp = new Set<Sender>();
  #firstToLeave: Sender | undefined;
  #leftUnspoken = false;
  time = 0;
  host: string | undefined;
  serverPort: number | undefined;
  clientHello: ClientHello | undefined;
  retryRequest: ServerHello | undefined;
  serverHello: ServerHello | undefined;
  alpnProtocol: string | undefined;
  certificateRequest: CertificateRequest | undefined;
  readonly chains: Partial<Record<Sender, readonly Uint8Array[]>> = {};
  ownCertificate: Uint8Array | undefined;
  readonly finished: Set<Sender> = new Set();
  alert: SentAlert | undefined;
  last: HandshakeFacts["last"];
  readonly spoke: Set<Sender> = new Set();
  readonly said: Partial<Record<Sender, Uint8Array>> = {};
  readonly firstBytes: Partial<Record<Sender, Uint8Array>> = {};
  firstToSpeak: Sender | undefined;
  before: readonly string[] = [];
  refusal: HandshakeFacts["refusal"];
  end: ConnectionEnd | undefined;
  isUndecryptable = false;
  isHeadless = false;
  isCut = false;
  /** Of what goes on right now both sides are seen, be it that one of them says nothing. */
  isLive = false;

  constructor(side: Sender) {
    this.#side = side;
  }

  get seen(): ReadonlySet<Sender> {
    return this.isLive ? BOTH : this.#seen;
  }

  get handclasp(): ReadonlySet<Sender> {
    return this.#handclasp;
  }

  get sealedAlert(): Sender | undefined {
    return this.#records.alert;
  }

  get sealedAnswer(): HandshakeFacts["sealedAnswer"] {
    return this.#records.answer;
  }

  get isDone(): boolean {
    return this.#isFinished || this.#records.isDone;
  }

  get isSealedAlertInFlight(): boolean {
    return this.#records.isAlertInFlight;
  }

  get hungUpAfterAnswer(): boolean {
    return this.#records.isOneExchange;
  }

  get leftUnspoken(): boolean {
    return this.#leftUnspoken || this.#records.leftUnspoken;
  }

  /** That a side is handclasp, as somebody knows. */
  isHandclasp(side: Sender): void {
    this.#handclasp.add(side);
  }

  /** A packet of this side, be it that it holds nothing. */
  saw(sender: Sender): void {
    this.#seen.add(sender);
  }

  bytes(sender: Sender, bytes: Uint8Array): void {
    this.#seen.add(sender);
    this.firstToSpeak ??= sender;
    const before = this.firstBytes[sender];
    if (before === undefined) this.firstBytes[sender] = bytes.slice(0, FIRST_BYTES);
    else if (before.length < FIRST_BYTES)
      this.firstBytes[sender] = Buffer.concat([before, bytes.subarray(0, FIRST_BYTES - before.length)]);
  }

  /** What was said under the keys. */
  told(sender: Sender, bytes: Uint8Array): void {
    this.spoke.add(sender);
    this.#records.opened(sender);
    const before = this.said[sender] ?? new Uint8Array(0);
    if (before.length < MOST_SAID)
      this.said[sender] = Buffer.concat([before, bytes.subarray(0, MOST_SAID - before.length)]);
  }

  /** The first one counts. */
  ended(by: Sender, how: ConnectionEnd["how"], packet?: number): void {
    this.#seen.add(by);
    this.#records.ended(by, packet);
    this.#leaves(by);
    this.end ??= { by, how };
  }

  problem({ kind }: TraceProblem): void {
    if (kind === "undecryptable" || kind === "unread") this.isUndecryptable = true;
  }

  message(message: TraceMessage): void {
    const { direction, contentType, messageType, data, time, packet } = message;
    const sender = senderOf(direction, this.#side);
    if (message.parsed !== undefined || this.time === 0) this.time = time;
    if (contentType === TRACE_CONTENT_TYPE.header) this.#records.header(sender, data, packet);
    else this.#records.opened(sender);
    if (
      contentType === TRACE_CONTENT_TYPE.alert &&
      messageType !== null &&
      this.#isReason(sender, messageType, data)
    ) {
      this.alert ??= { by: sender, code: messageType };
    }
    if (contentType === TRACE_CONTENT_TYPE.alert) this.#leaves(sender);
    if (messageType === CONTENT_TYPE.applicationData && contentType === this.#dataIn) this.spoke.add(sender);
    if (message.parsed !== undefined) this.#handshake(sender, message.parsed);
  }

  /** Both sides are through with the handshake. */
  get #isFinished(): boolean {
    return this.finished.has("client") && this.finished.has("server");
  }

  #leaves(by: Sender): void {
    if (this.end !== undefined || this.#firstToLeave !== undefined) return;
    this.#firstToLeave = by;
    this.#leftUnspoken = by === "client" && this.#isFinished && this.spoke.size === 0;
  }

  /** Not a goodbye, no mere warning, nor what OpenSSL says to whoever left without a goodbye. */
  #isReason(sender: Sender, code: number, [level]: Uint8Array): boolean {
    const isAnswerToEnd = code === ALERTS.decode_error && this.end !== undefined && this.end.by !== sender;
    const isWarning = level === WARNING && IGNORED_WARNINGS.has(code);
    // Behind a handshake it is a goodbye of those who close one direction only. RFC 8446 §6.1.
    const isGoodbye = code === ALERTS.user_canceled && this.#isFinished;
    return code !== ALERTS.close_notify && !isGoodbye && !isAnswerToEnd && !isWarning;
  }

  /** What tells application data: in TLS 1.3 all that is encrypted has its header. RFC 8446 §5.2. */
  get #dataIn(): number {
    const isInner = VERSIONS.name(this.serverHello?.version ?? 0) === "TLSv1.3";
    return isInner ? TRACE_CONTENT_TYPE.innerContentType : TRACE_CONTENT_TYPE.header;
  }

  #handshake(sender: Sender, parsed: NonNullable<TraceMessage["parsed"]>): void {
    this.last = { by: sender, name: parsed.name };
    switch (parsed.name) {
      case "client_hello":
        this.clientHello = parsed.message;
        break;
      case "server_hello":
        this.#serverHello(parsed.message);
        break;
      case "encrypted_extensions":
        this.alpnProtocol = parsed.message.alpnProtocol;
        break;
      case "certificate_request":
        this.certificateRequest = parsed.message;
        break;
      case "certificate":
        this.#certificate(sender, parsed.message);
        break;
      case "compressed_certificate":
        if (parsed.message.certificate !== undefined) this.#certificate(sender, parsed.message.certificate);
        break;
      case "finished":
        this.finished.add(sender);
        break;
    }
  }

  #serverHello(hello: ServerHello): void {
    if (hello.isHelloRetryRequest) {
      this.retryRequest = hello;
      return;
    }
    this.serverHello = hello;
    this.alpnProtocol = hello.alpnProtocol;
    this.#records.begin(VERSIONS.name(hello.version) === "TLSv1.3");
  }

  #certificate(sender: Sender, { entries, publicKey }: CertificateMessage): void {
    const shown = entries.slice(0, MOST_CERTIFICATES).map(({ certificate }) => certificate);
    const chain = publicKey === undefined ? shown : [publicKey];
    this.chains[sender] = chain;
    const [own] = chain;
    if (own !== undefined && readShownCertificate(own)?.isHandclasp === true) this.#handclasp.add(sender);
  }
}

const WARNING = 1;

/** Warnings after which a handshake goes on. RFC 5246 §7.2.2, RFC 6066 §3. */
const IGNORED_WARNINGS: ReadonlySet<number> = new Set([
  ALERTS.unrecognized_name,
  ALERTS.no_renegotiation,
  ALERTS.no_certificate,
]);
