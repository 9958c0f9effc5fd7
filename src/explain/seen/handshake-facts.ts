import type { CertificateRequest } from "../../tls/messages/certificates/certificate-request.ts";
import type { ClientHello } from "../../tls/messages/hello/client-hello.ts";
import type { ServerHello } from "../../tls/messages/hello/server-hello.ts";
import type { Sender } from "../../tls/records/sender.ts";

export interface SentAlert {
  readonly by: Sender;
  readonly code: number;
}

/** Who ended a connection first, and how. */
export interface ConnectionEnd {
  readonly by: Sender;
  /** Closed is a FIN, or our own leaving; a reset is a RST. */
  readonly how: "closed" | "reset";
}

/** What was seen of one connection, which is all that an explanation is drawn from. */
export interface HandshakeFacts {
  /** When it was; milliseconds since 1970. */
  readonly time: number;
  /** Whom the client wanted to reach, where that is known beside SNI: a host name or an address. */
  readonly host?: string | undefined;
  readonly serverPort?: number | undefined;
  readonly clientHello: ClientHello | undefined;
  /** The server's wish for another ClientHello. RFC 8446 §4.1.4. */
  readonly retryRequest: ServerHello | undefined;
  readonly serverHello: ServerHello | undefined;
  /** The application protocol that the server chose, wherever it said so. */
  readonly alpnProtocol: string | undefined;
  /** With what the server asked for a certificate. */
  readonly certificateRequest: CertificateRequest | undefined;
  /** DER of what either side showed, its own first; empty of one that had nothing to show. */
  readonly chains: Readonly<Partial<Record<Sender, readonly Uint8Array[]>>>;
  /** What the client could have shown, where we are the client. */
  readonly ownCertificate?: Uint8Array | undefined;
  readonly finished: ReadonlySet<Sender>;
  /** The first one that is no goodbye. */
  readonly alert: SentAlert | undefined;
  /** Who sent an alert that could not be read, by the type or the size of its record. */
  readonly sealedAlert: Sender | undefined;
  /** It came in place of the server's Finished, or of what goes before that. */
  readonly isSealedAlertInFlight: boolean;
  /** What the client's answer under the keys of TLS 1.3 holds, by its size, where it cannot be read. */
  readonly sealedAnswer: "finished" | "empty" | "certificate" | undefined;
  /** Whether the handshake came to its end, be it that this could only be told from the records. */
  readonly isDone: boolean;
  /** The server hung up once it had answered the client's first words, in short. */
  readonly hungUpAfterAnswer: boolean;
  /** The client left once the handshake was done, before either side had said anything. */
  readonly leftUnspoken: boolean;
  /** The last handshake message: `client_hello`. */
  readonly last: { readonly by: Sender; readonly name: string } | undefined;
  /** Who sent application data. */
  readonly spoke: ReadonlySet<Sender>;
  /** The beginning of what either side said once the handshake was done, where it could be decrypted. */
  readonly said: Readonly<Partial<Record<Sender, Uint8Array>>>;
  /** The first bytes on the wire. */
  readonly firstBytes: Readonly<Partial<Record<Sender, Uint8Array>>>;
  /** Who spoke first on the wire. */
  readonly firstToSpeak: Sender | undefined;
  /** Of whom anything was captured, be it an empty packet; both, live. */
  readonly seen: ReadonlySet<Sender>;
  /** What came before TLS, in order: `PROXY v1`, `SMTP STARTTLS`. */
  readonly before: readonly string[];
  /** That the server refused what was to come before TLS, and its answer. */
  readonly refusal?: { readonly name: string; readonly answer: string } | undefined;
  /** Missing when the end was not seen. */
  readonly end: ConnectionEnd | undefined;
  readonly isUndecryptable: boolean;
  /** What was captured begins after the connection did. */
  readonly isHeadless: boolean;
  /** What was captured lacks bytes, or ends before the connection did. */
  readonly isCut: boolean;
  /** Which sides are handclasp, as far as that is known. */
  readonly handclasp: ReadonlySet<Sender>;
}
