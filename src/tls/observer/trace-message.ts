import type { HandclaspError } from "../../errors.ts";
import type { HandshakeMessage } from "../messages/handshake-message.ts";
import { otherThan, type Sender } from "../records/sender.ts";

/** Who sent it, as the server sees it: it reads what the client sends. */
export type TraceDirection = "read" | "write";

/** Who sent what is told in this direction, of a connection whose `side` is ours. */
export function senderOf(direction: TraceDirection, side: Sender): Sender {
  return direction === "write" ? side : otherThan(side);
}

/** In which direction our `side` tells what somebody sent. */
export function directionOf(sender: Sender, side: Sender): TraceDirection {
  return sender === side ? "write" : "read";
}

/** What a message can be: the content types of RFC 8446 §5.1, and the two that OpenSSL's message callback adds. */
export const TRACE_CONTENT_TYPE = {
  changeCipherSpec: 20,
  alert: 21,
  handshake: 22,
  /** A record's header, as it is on the wire. */
  header: 256,
  /** What TLS 1.3 hides behind application_data. RFC 8446 §5.2. */
  innerContentType: 257,
} as const;

/** OpenSSL's SSL3_MT_CHANGE_CIPHER_SPEC: a change_cipher_spec is no handshake message and has no type of its own. */
export const CHANGE_CIPHER_SPEC_TYPE: number = 0x0101;

/** When something came. */
export interface Arrival {
  /** Milliseconds since 1970, as handed in. */
  readonly time: number;
  /** Which packet of a capture completed it, counted from 1; missing where there are no packets. */
  readonly packet?: number;
}

/** One thing that happened in a handshake. */
export interface TraceMessage extends Arrival {
  readonly connection: string;
  readonly direction: TraceDirection;
  /** The one negotiated, such as "TLSv1.3", or, before that, the highest offered; for a header the record's own. */
  readonly version: string;
  /** One of `TRACE_CONTENT_TYPE`. */
  readonly contentType: number;
  /** Of a handshake message its type, of an alert its description, of a header and an inner content type the content type, of a change_cipher_spec `CHANGE_CIPHER_SPEC_TYPE`. */
  readonly messageType: number | null;
  /** Handshake: the message with its header of 4 bytes, the header alone of one that was not seen or kept whole; alert 2 bytes, change_cipher_spec and inner content type 1, header 5. */
  readonly data: Uint8Array;
  /** The value of a handshake message; missing when it is not what its type says (a problem tells). */
  readonly parsed?: HandshakeMessage;
}

/**
 * What kept the observer from showing everything: bytes that are not TLS or break its rules (`malformed`), records whose
 * secrets are not known (`undecryptable`), what nothing here reads, such as records of TLS 1.1 and older (`unread`), bytes
 * that are missing within a stream or at its end (`truncated`).
 */
export interface TraceProblem extends Arrival {
  readonly connection: string;
  readonly direction: TraceDirection;
  readonly kind: "malformed" | "undecryptable" | "unread" | "truncated";
  /** For people: one clause, no full stop. */
  readonly message: string;
  /** Of `malformed`: the field and the offset. */
  readonly error?: HandclaspError;
}
