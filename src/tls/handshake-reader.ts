import { FrameReader, malformedFrame } from "./frame-reader.ts";

/** One handshake message, whole. RFC 8446 §4. */
export interface HandshakeFrame {
  readonly type: number;
  /** With the header of four bytes, as the transcript takes it. */
  readonly bytes: Uint8Array;
  readonly body: Uint8Array;
}

export interface HandshakeReaderOptions {
  /** Of a message without its header, in bytes; 256 KiB unless told. */
  readonly maxMessageLength?: number;
}

/** What a message may be at most unless told, without its header. */
export const DEFAULT_MAX_MESSAGE_LENGTH: number = 256 * 1024;

const HEADER_LENGTH = 4;

/** Joins the handshake fragments of one direction to messages. RFC 8446 §5.1. */
export class HandshakeReader {
  readonly #frames: FrameReader;

  constructor({ maxMessageLength = DEFAULT_MAX_MESSAGE_LENGTH }: HandshakeReaderOptions = {}) {
    this.#frames = new FrameReader(HEADER_LENGTH, (bytes, at, offset) => {
      const length = ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);
      if (length <= maxMessageLength) return length;
      throw malformedFrame("handshake.length", offset + 1, `${length} is more than ${maxMessageLength}`);
    });
  }

  /** Bytes held back because their message is not complete. */
  get pending(): number {
    return this.#frames.pending;
  }

  /** The messages that end in this fragment; to be drained. A fragment is never empty (RFC 8446 §5.1). */
  *read(fragment: Uint8Array): Generator<HandshakeFrame, void, undefined> {
    this.push(fragment);
    for (let message = this.next(); message !== undefined; message = this.next()) yield message;
  }

  /** As `read`, for `next` to give the messages one by one. */
  push(fragment: Uint8Array): void {
    if (fragment.length === 0)
      throw malformedFrame("handshake", this.#frames.offset + this.pending, "an empty fragment");
    this.#frames.push(fragment);
  }

  /** The next message that ends in what was pushed; undefined when there is none. */
  next(): HandshakeFrame | undefined {
    const bytes = this.#frames.next()?.bytes;
    return bytes && { type: bytes[0] ?? 0, bytes, body: bytes.subarray(HEADER_LENGTH) };
  }

  /** To be called when keys change or another content type comes: a message must not span it. RFC 8446 §5.1. */
  endEpoch(): void {
    if (this.pending === 0) return;
    const problem = `its keys end ${this.pending} bytes into a message`;
    throw malformedFrame("handshake", this.#frames.offset, problem);
  }
}
