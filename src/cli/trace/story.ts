import { ALERTS } from "../../tls/alert.ts";
import { VERSIONS } from "../../tls/code-points-version.ts";
import { CONTENT_TYPE } from "../../tls/content-type.ts";
import type { TraceMessage, TraceProblem } from "../../tls/trace-message.ts";
import { TRACE_CONTENT_TYPE } from "../../tls/trace-message.ts";
import type { CertificateMessage } from "../../tls/messages/certificate.ts";
import type { ClientHello } from "../../tls/messages/client-hello.ts";
import type { ServerHello } from "../../tls/messages/server-hello.ts";

export type Sender = "client" | "server";

export interface SentAlert {
  readonly by: Sender;
  readonly code: number;
}

/** Who ended a connection first, and how. */
export interface StoryEnd {
  readonly by: Sender;
  /** Closed is a FIN, or our own leaving; a reset is a RST. */
  readonly how: "closed" | "reset";
}

/** What a handshake came to, as far as it could be seen. */
export interface HandshakeStory {
  readonly clientHello: ClientHello | undefined;
  readonly serverHello: ServerHello | undefined;
  /** The server asked for a certificate. */
  readonly isCertificateAsked: boolean;
  /** DER of the first certificate of either side; null of one that had none to show. */
  readonly certificates: Readonly<Partial<Record<Sender, Uint8Array | null>>>;
  readonly finished: ReadonlySet<Sender>;
  /** The first one that is no goodbye. */
  readonly alert: SentAlert | undefined;
  /** The last handshake message: `client_hello`. */
  readonly last: { readonly by: Sender; readonly name: string } | undefined;
  /** Who sent application data. */
  readonly spoke: ReadonlySet<Sender>;
  readonly firstBytes: Readonly<Partial<Record<Sender, Uint8Array>>>;
  /** Missing when the end was not seen. */
  readonly end: StoryEnd | undefined;
  readonly isUndecryptable: boolean;
  /** What was captured begins after the connection did. */
  readonly isHeadless: boolean;
  /** What was captured lacks bytes, or ends before the connection did. */
  readonly isCut: boolean;
}

const FIRST_BYTES = 16;

/** Follows one connection; `side` is the one whose `read` and `write` its messages tell. */
export class StoryTeller implements HandshakeStory {
  readonly #side: Sender;
  clientHello: ClientHello | undefined;
  serverHello: ServerHello | undefined;
  isCertificateAsked = false;
  readonly certificates: Partial<Record<Sender, Uint8Array | null>> = {};
  readonly finished: Set<Sender> = new Set();
  alert: SentAlert | undefined;
  last: HandshakeStory["last"];
  readonly spoke: Set<Sender> = new Set();
  readonly firstBytes: Partial<Record<Sender, Uint8Array>> = {};
  end: StoryEnd | undefined;
  isUndecryptable = false;
  isHeadless = false;
  isCut = false;

  constructor(side: Sender) {
    this.#side = side;
  }

  bytes(sender: Sender, bytes: Uint8Array): void {
    this.firstBytes[sender] ??= bytes.slice(0, FIRST_BYTES);
  }

  /** The first one counts. */
  ended(by: Sender, how: StoryEnd["how"]): void {
    this.end ??= { by, how };
  }

  problem({ kind }: TraceProblem): void {
    if (kind === "undecryptable") this.isUndecryptable = true;
  }

  message(message: TraceMessage): void {
    const { direction, contentType, messageType } = message;
    const sender = (direction === "read") === (this.#side === "server") ? "client" : "server";
    if (
      contentType === TRACE_CONTENT_TYPE.alert &&
      messageType !== null &&
      this.#isReason(sender, messageType)
    ) {
      this.alert ??= { by: sender, code: messageType };
    }
    if (messageType === CONTENT_TYPE.applicationData && contentType === this.#dataIn) this.spoke.add(sender);
    if (message.parsed !== undefined) this.#handshake(sender, message.parsed);
  }

  /** Not a goodbye, nor what OpenSSL says to whoever left without one. */
  #isReason(sender: Sender, code: number): boolean {
    const isAnswerToEnd = code === ALERTS.decode_error && this.end !== undefined && this.end.by !== sender;
    return code !== ALERTS.close_notify && !isAnswerToEnd;
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
        if (!parsed.message.isHelloRetryRequest) this.serverHello = parsed.message;
        break;
      case "certificate_request":
        this.isCertificateAsked = true;
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

  #certificate(sender: Sender, { entries }: CertificateMessage): void {
    this.certificates[sender] = entries[0]?.certificate ?? null;
  }
}
