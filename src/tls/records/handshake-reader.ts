import { HANDSHAKE_TYPES } from "../code-points/code-points.ts";
import { FrameReader, type Frame, malformedFrame } from "./frame-reader.ts";

/** One handshake message. RFC 8446 §4. */
export interface HandshakeFrame {
  readonly type: number;
  /** With the header of four bytes, as the transcript takes it; nothing else of a message that is not whole. */
  readonly bytes: Uint8Array;
  readonly body: Uint8Array;
  /** Why it is not whole: part of it was missing, or it is longer than what may be kept. */
  readonly lacks?: "bytes" | "room";
}

export interface HandshakeReaderOptions {
  /** Of a message without its header, in bytes; 256 KiB unless told. A longer one is passed over, if its type is known. */
  readonly maxMessageLength?: number;
}

/** What a message may be at most unless told, without its header. */
export const DEFAULT_MAX_MESSAGE_LENGTH: number = 256 * 1024;

const HEADER_LENGTH = 4;

/** Joins the handshake fragments of one direction to messages. RFC 8446 §5.1. */
export class HandshakeReader {
  readonly #frames: FrameReader;

  constructor({ maxMessageLength = DEFAULT_MAX_MESSAGE_LENGTH }: HandshakeReaderOptions = {}) {
    this.#frames = new FrameReader(
      HEADER_LENGTH,
      (bytes, at, offset) => {
        const length = bodyLength(bytes, at);
        if (length <= maxMessageLength || HANDSHAKE_TYPES.name(bytes[at] ?? 0) !== null) return length;
        throw malformedFrame("handshake.length", offset + 1, `${length} is more than ${maxMessageLength}`);
      },
      maxMessageLength,
    );
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
    const frame = this.#frames.next();
    if (frame === undefined) return undefined;
    const { bytes } = frame;
    if (frame.hole !== undefined || frame.skipped !== undefined) return incomplete(frame);
    return { type: bytes[0] ?? 0, bytes, body: bytes.subarray(HEADER_LENGTH) };
  }

  /** `length` bytes are missing here: whether the message under way goes on behind them. */
  gap(length: number): boolean {
    return this.#frames.gap(length);
  }

  /** To be called when keys change or another content type comes: a message must not span it. RFC 8446 §5.1. */
  endEpoch(): void {
    if (this.pending === 0) return;
    const problem = `its keys end ${this.pending} bytes into a message`;
    throw malformedFrame("handshake", this.#frames.offset, problem);
  }
}

function bodyLength(bytes: Uint8Array, at: number): number {
  return ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);
}

function incomplete({ bytes, skipped }: Frame): HandshakeFrame {
  const header = bytes.slice(0, HEADER_LENGTH);
  const lacks = skipped === undefined ? "bytes" : "room";
  return { type: header[0] ?? 0, bytes: header, body: header.subarray(HEADER_LENGTH), lacks };
}
