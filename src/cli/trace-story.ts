import type { TraceMessage, TraceProblem } from "../tls/trace-message.ts";
import { TRACE_CONTENT_TYPE } from "../tls/trace-message.ts";
import type { CertificateMessage } from "../tls/messages/certificate.ts";
import type { ClientHello } from "../tls/messages/client-hello.ts";
import type { ServerHello } from "../tls/messages/server-hello.ts";

export type Sender = "client" | "server";

export interface SentAlert {
  readonly by: Sender;
  readonly code: number;
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
  readonly last: string | undefined;
  readonly firstBytes: Readonly<Partial<Record<Sender, Uint8Array>>>;
  readonly resetBy: Sender | undefined;
  readonly isUndecryptable: boolean;
}

const CLOSE_NOTIFY = 0;
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
  last: string | undefined;
  readonly firstBytes: Partial<Record<Sender, Uint8Array>> = {};
  resetBy: Sender | undefined;
  isUndecryptable = false;

  constructor(side: Sender) {
    this.#side = side;
  }

  bytes(sender: Sender, bytes: Uint8Array): void {
    this.firstBytes[sender] ??= bytes.slice(0, FIRST_BYTES);
  }

  problem({ kind }: TraceProblem): void {
    if (kind === "undecryptable") this.isUndecryptable = true;
  }

  message(message: TraceMessage): void {
    const { direction, contentType, messageType } = message;
    const sender = (direction === "read") === (this.#side === "server") ? "client" : "server";
    if (contentType === TRACE_CONTENT_TYPE.alert && messageType !== null && messageType !== CLOSE_NOTIFY) {
      this.alert ??= { by: sender, code: messageType };
    }
    if (message.parsed !== undefined) this.#handshake(sender, message.parsed);
  }

  #handshake(sender: Sender, parsed: NonNullable<TraceMessage["parsed"]>): void {
    this.last = parsed.name;
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
