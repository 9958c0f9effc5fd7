import { noHellos } from "./observed-hellos.ts";
import { ObservedSecrets } from "./observed-secrets.ts";
import { ObservedStream } from "./observed-stream.ts";
import {
  type Arrival,
  senderOf,
  type TraceDirection,
  type TraceMessage,
  type TraceProblem,
} from "./trace-message.ts";

export interface HandshakeObserverOptions {
  /** The connection's id, for each message. */
  readonly connection: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Which packet of a capture is being read, counted from 1. */
  readonly packet?: () => number;
  /** Whether our side is the server, which it is unless told, or the client. */
  readonly side?: "server" | "client";
  /** Must not throw; may call `secret` and `end`, nothing else. */
  readonly onMessage: (message: TraceMessage) => void;
  /** Must not throw. */
  readonly onProblem?: (problem: TraceProblem) => void;
  /** Told what the two say to each other under these keys, which no message tells. Must not throw, nor keep the bytes. */
  readonly onApplicationData?: (direction: TraceDirection, bytes: Uint8Array) => void;
  /** What may be held back, one record in each direction apart, in bytes; 256 KiB unless told. */
  readonly maxBytes?: number;
}

const DEFAULT_MAX_BYTES = 256 * 1024;

/**
 * Reads a TLS connection, one of TLS 1.2 or 1.3 to its end, and tells its messages, event for event as OpenSSL's message
 * callback does, a received change_cipher_spec too. No message tells application data, and it throws nothing.
 */
export class HandshakeObserver {
  readonly #when: () => Arrival;
  readonly #secrets: ObservedSecrets = new ObservedSecrets();
  readonly #streams: Readonly<Record<"read" | "write", ObservedStream>>;
  readonly #bothStreams: readonly ObservedStream[];
  readonly #maxBytes: number;
  #records = 0;
  readonly #order = (): number => this.#records++;
  #isAdvancing = false;
  #hasEnded = false;

  constructor(options: HandshakeObserverOptions) {
    const { connection, side = "server", onMessage, onProblem, maxBytes = DEFAULT_MAX_BYTES } = options;
    const { now, packet, onApplicationData } = options;
    this.#when = packet === undefined ? () => ({ time: now() }) : () => ({ time: now(), packet: packet() });
    this.#maxBytes = maxBytes;
    const shared = {
      connection,
      hellos: noHellos(),
      secrets: this.#secrets,
      onMessage,
      onProblem: onProblem ?? ignore,
      onApplicationData,
      maxMessageLength: maxBytes,
    };
    const stream = (direction: TraceDirection): ObservedStream => {
      return new ObservedStream({ ...shared, direction, sender: senderOf(direction, side) });
    };
    this.#streams = { read: stream("read"), write: stream("write") };
    this.#bothStreams = [this.#streams.read, this.#streams.write];
  }

  /** Bytes held back at present: at most `maxBytes`. */
  get held(): number {
    return this.#streams.read.held + this.#streams.write.held;
  }

  /** Bytes that our side received; the chunk must not be reused. */
  read(bytes: Uint8Array): void {
    this.#take(this.#streams.read, bytes);
  }

  /** Bytes that our side sent; the chunk must not be reused. */
  wrote(bytes: Uint8Array): void {
    this.#take(this.#streams.write, bytes);
  }

  /**
   * `length` bytes of that direction were lost before they came here, 0 when nobody knows how many. Reading goes on at
   * the next record that can be made out, decrypting where the number of the records that were lost can be found out.
   */
  gap(direction: TraceDirection, length: number): void {
    if (this.#hasEnded) return;
    const when = this.#when();
    const stream = this.#streams[direction];
    stream.gap(length, when, this.#order, () => this.#arrived(when));
    if (length === 0) return;
    for (const other of this.#bothStreams) if (other !== stream) other.goAlone();
    this.#advance();
  }

  /** A line of the key log (RFC 9850), at any time; those of other connections do no harm. */
  secret(label: string, clientRandom: Uint8Array, secret: Uint8Array): void {
    if (!this.#hasEnded && this.#secrets.add(label, clientRandom, secret)) this.#advance();
  }

  /** To be called when the connection ends: tells what was cut short and what could not be decrypted. */
  end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    if (!this.#isAdvancing) this.#tellEnd();
  }

  #tellEnd(): void {
    const when = this.#when();
    for (const stream of this.#bothStreams) stream.goAlone();
    this.#tellAll();
    for (const stream of this.#bothStreams) stream.end(when);
    this.#tellAll();
    this.#secrets.forget();
  }

  #take(stream: ObservedStream, bytes: Uint8Array): void {
    if (this.#hasEnded) return;
    const when = this.#when();
    stream.read(bytes, when, this.#order, () => this.#arrived(when));
  }

  #arrived(when: Arrival): boolean {
    this.#advance();
    this.#bound(when);
    return !this.#hasEnded;
  }

  /** Tells whatever can be told, in the order in which it came. */
  #advance(): void {
    if (this.#isAdvancing) return;
    this.#isAdvancing = true;
    this.#tellAll();
    this.#isAdvancing = false;
    if (this.#hasEnded) this.#tellEnd();
  }

  #tellAll(): void {
    const { read, write } = this.#streams;
    let hasAdvanced = true;
    while (hasAdvanced) {
      const first = read.order < write.order ? read : write;
      hasAdvanced = first.advance() || (first === read ? write : read).advance();
    }
  }

  #bound(when: Arrival): void {
    if (this.held <= this.#maxBytes) return;
    for (const stream of this.#bothStreams) stream.goAlone();
    this.#advance();
    if (this.held <= this.#maxBytes) return;
    const reason = `more than ${this.#maxBytes} bytes would have to be held back`;
    for (const stream of this.#bothStreams) stream.giveUp(reason, when);
    this.#advance();
  }
}

function ignore(): void {}
