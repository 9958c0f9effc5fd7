import type { TraceMessage, TraceProblem } from "./trace-message.ts";

export interface HandshakeObserverOptions {
  /** The connection's id, for each message. */
  readonly connection: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Which side `read` and `wrote` speak of: the server's unless told. Messages are always told as the server sees them. */
  readonly side?: "server" | "client";
  readonly onMessage: (message: TraceMessage) => void;
  readonly onProblem?: (problem: TraceProblem) => void;
  /** What may be held back for the whole connection, in bytes; 256 KiB unless told. */
  readonly maxBytes?: number;
}

/**
 * Reads a TLS 1.2 or 1.3 connection and tells its messages, event for event as OpenSSL's message callback does, a
 * received change_cipher_spec too. It never tells application data, and throws nothing of its own.
 */
export class HandshakeObserver {
  readonly #options: HandshakeObserverOptions;

  constructor(options: HandshakeObserverOptions) {
    this.#options = options;
  }

  /** Bytes that our side received; the chunk must not be reused. */
  read(bytes: Uint8Array): void {
    void [this.#options, bytes];
  }

  /** Bytes that our side sent; the chunk must not be reused. */
  wrote(bytes: Uint8Array): void {
    void bytes;
  }

  /** A line of the key log (RFC 9850), at any time; that of another connection is ignored. */
  secret(label: string, clientRandom: Uint8Array, secret: Uint8Array): void {
    void [label, clientRandom, secret];
  }

  /** To be called when the connection ends: tells what was cut short and what could not be decrypted. */
  end(): void {}
}
