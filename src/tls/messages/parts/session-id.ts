import type { ByteReader } from "../../../bytes/byte-reader.ts";

const MAX_LENGTH = 32;

/** RFC 8446 §4.1.2, RFC 5246 §7.4.1.2. */
export function parseSessionId(message: ByteReader): Uint8Array {
  const length = message.uint8("legacy_session_id");
  if (length > MAX_LENGTH)
    throw message.malformed(`has ${length} bytes, more than ${MAX_LENGTH}`, "legacy_session_id");
  return message.bytes(length, "legacy_session_id");
}
