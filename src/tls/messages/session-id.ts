import type { ByteReader } from "../../bytes/byte-reader.ts";

const MAX_LENGTH = 32;

/** RFC 8446 §4.1.2, RFC 5246 §7.4.1.2. */
export function parseSessionId(message: ByteReader): Uint8Array {
  const sessionId = message.vector(1, "legacy_session_id");
  if (sessionId.remaining > MAX_LENGTH)
    throw sessionId.malformed(`has ${sessionId.remaining} bytes, more than ${MAX_LENGTH}`);
  return sessionId.rest();
}
