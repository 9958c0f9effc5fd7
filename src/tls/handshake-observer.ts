import { noHellos } from "./observed-hellos.ts";
import { ObservedSecrets } from "./observed-secrets.ts";
import { ObservedStream } from "./observed-stream.ts";
import type { TraceMessage, TraceProblem } from "./trace-message.ts";

export interface HandshakeObserverOptions {
  /** The connection's id, for each message. */
  readonly connection: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Whether our side is the server, which it is unless told, or the client. */
  readonly side?: "server" | "client";
  /** Must not throw, and may call `secret`. */
  readonly onMessage: (message: TraceMessage) => void;
  /** Must not throw. */
  readonly onProblem?: (problem: TraceProblem) => void;
  /** What may be held back for the whole connection, in bytes; 256 KiB unless told. */
  readonly maxBytes?: number;
}

const DEFAULT_MAX_BYTES = 256 * 1024;

/**
 * Reads a TLS 1.2 or 1.3 connection and tells its messages, event for event as OpenSSL's message callback does, a
 * received change_cipher_spec too. It never tells application data, and throws nothing.
 */
export class HandshakeObserver {
  readonly #now: () => number;
  readonly #secrets: ObservedSecrets = new ObservedSecrets();
  readonly #streams: Readonly<Record<"read" | "write", ObservedStream>>;
  readonly #bothStreams: readonly ObservedStream[];
  readonly #maxBytes: number;
  #records = 0;
  #isAdvancing = false;
  #hasEnded = false;

  constructor(options: HandshakeObserverOptions) {
    const { connection, now, side = "server", onMessage, onProblem, maxBytes = DEFAULT_MAX_BYTES } = options;
    this.#now = now;
    this.#maxBytes = maxBytes;
    const shared = { hellos: noHellos(), secrets: this.#secrets, maxMessageLength: maxBytes };
    const stream = (direction: "read" | "write"): ObservedStream =>
      new ObservedStream({
        ...shared,
        sender: (direction === "read") === (side === "server") ? "client" : "server",
        listener: {
          message: (message) => onMessage({ connection, direction, ...message }),
          problem: (problem) => onProblem?.({ connection, direction, ...problem }),
        },
      });
    this.#streams = { read: stream("read"), write: stream("write") };
    this.#bothStreams = Object.values(this.#streams);
  }

  /** Bytes that our side received; the chunk must not be reused. */
  read(bytes: Uint8Array): void {
    this.#take(this.#streams.read, bytes);
  }

  /** Bytes that our side sent; the chunk must not be reused. */
  wrote(bytes: Uint8Array): void {
    this.#take(this.#streams.write, bytes);
  }

  /** A line of the key log (RFC 9850), at any time; those of other connections do no harm. */
  secret(label: string, clientRandom: Uint8Array, secret: Uint8Array): void {
    if (this.#secrets.add(label, clientRandom, secret)) this.#advance();
  }

  /** To be called when the connection ends: tells what was cut short and what could not be decrypted. */
  end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    const time = this.#now();
    for (const stream of this.#bothStreams) stream.end(time);
    this.#giveUp("it never came", time);
  }

  #take(stream: ObservedStream, bytes: Uint8Array): void {
    if (this.#hasEnded) return;
    const time = this.#now();
    const order = (): number => this.#records++;
    stream.read(bytes, time, order, () => {
      this.#advance();
      this.#bound(time);
    });
    this.#bound(time);
  }

  /** Tells whatever can be told, in the order in which it came. */
  #advance(): void {
    if (this.#isAdvancing) return;
    this.#isAdvancing = true;
    const { read, write } = this.#streams;
    let hasAdvanced = true;
    while (hasAdvanced) {
      const [first, second] = read.order < write.order ? [read, write] : [write, read];
      hasAdvanced = first.advance() || second.advance();
    }
    this.#isAdvancing = false;
  }

  #bound(time: number): void {
    const held = this.#bothStreams.reduce((sum, stream) => sum + stream.held, 0);
    if (held > this.#maxBytes) this.#giveUp(`more than ${this.#maxBytes} bytes are held back`, time);
  }

  #giveUp(reason: string, time: number): void {
    for (const stream of this.#bothStreams) stream.giveUp(reason, time);
    this.#advance();
  }
}
