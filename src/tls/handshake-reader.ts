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
    this.#frames = new FrameReader(HEADER_LENGTH, (header, offset) => {
      const [, high = 0, middle = 0, low = 0] = header;
      const length = (high << 16) | (middle << 8) | low;
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
    if (fragment.length === 0)
      throw malformedFrame("handshake", this.#frames.offset + this.pending, "an empty fragment");
    for (const { bytes } of this.#frames.read(fragment))
      yield { type: bytes[0] ?? 0, bytes, body: bytes.subarray(HEADER_LENGTH) };
  }

  /** To be called when keys change or another content type comes: a message must not span it. RFC 8446 §5.1. */
  endEpoch(): void {
    if (this.pending === 0) return;
    const problem = `its keys end ${this.pending} bytes into a message`;
    throw malformedFrame("handshake", this.#frames.offset, problem);
  }
}
