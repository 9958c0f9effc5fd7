import { HANDSHAKE_TYPE } from "../code-points/code-points.ts";
import { CONTENT_TYPE } from "../code-points/content-type.ts";
import type { Sender } from "../records/sender.ts";
import type { TlsRecord } from "../records/record-reader.ts";

const HEADER_LENGTH = 4;
/** A fragment shorter than this is not the beginning of a longer message: senders fill their records. */
const SHORTEST_BEGINNING = 256;
const MAX_SESSION_ID = 32;
/** Version, random, the length of the session id, and what is the least behind it. RFC 8446 §4.1.2, §4.1.3. */
const SHORTEST_HELLO = 38;
const SESSION_ID_AT = 34;

const TYPES: Readonly<Record<Sender, ReadonlySet<number>>> = {
  client: new Set([
    HANDSHAKE_TYPE.client_hello,
    HANDSHAKE_TYPE.end_of_early_data,
    HANDSHAKE_TYPE.certificate,
    HANDSHAKE_TYPE.certificate_verify,
    HANDSHAKE_TYPE.client_key_exchange,
    HANDSHAKE_TYPE.finished,
    HANDSHAKE_TYPE.key_update,
    HANDSHAKE_TYPE.compressed_certificate,
    HANDSHAKE_TYPE.next_proto,
  ]),
  server: new Set([
    HANDSHAKE_TYPE.server_hello,
    HANDSHAKE_TYPE.new_session_ticket,
    HANDSHAKE_TYPE.encrypted_extensions,
    HANDSHAKE_TYPE.certificate,
    HANDSHAKE_TYPE.server_key_exchange,
    HANDSHAKE_TYPE.certificate_request,
    HANDSHAKE_TYPE.server_hello_done,
    HANDSHAKE_TYPE.certificate_verify,
    HANDSHAKE_TYPE.finished,
    HANDSHAKE_TYPE.certificate_status,
    HANDSHAKE_TYPE.key_update,
    HANDSHAKE_TYPE.compressed_certificate,
  ]),
};

/**
 * Whether a fragment behind missing bytes begins with a message and holds messages to its end, as neither ciphertext
 * nor the middle of a message does but by rare chance.
 */
export function isPlausibleHandshake(fragment: Uint8Array, sender: Sender, maxLength: number): boolean {
  let at = 0;
  while (at + HEADER_LENGTH <= fragment.length) {
    if (!TYPES[sender].has(fragment[at] ?? 0)) return false;
    const length = bodyLength(fragment, at);
    if (length > maxLength) return false;
    at += HEADER_LENGTH + length;
  }
  return at === fragment.length || fragment.length >= SHORTEST_BEGINNING;
}

/** Whether a record begins with the sender's hello, which nobody encrypts in a first handshake. */
export function isHello({ type, fragment }: TlsRecord, sender: Sender): boolean {
  const helloType = sender === "client" ? HANDSHAKE_TYPE.client_hello : HANDSHAKE_TYPE.server_hello;
  if (type !== CONTENT_TYPE.handshake || fragment[0] !== helloType) return false;
  const length = bodyLength(fragment, 0);
  const isVersion = fragment[HEADER_LENGTH] === 3 && (fragment[HEADER_LENGTH + 1] ?? 0) <= 4;
  const isSessionId = (fragment[HEADER_LENGTH + SESSION_ID_AT] ?? 0) <= MAX_SESSION_ID;
  return length >= SHORTEST_HELLO && isVersion && isSessionId;
}

function bodyLength(bytes: Uint8Array, at: number): number {
  return ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);
}
