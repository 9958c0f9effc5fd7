import { ByteReader } from "../../bytes/byte-reader.ts";

/** RFC 8446 §4.6.3. */
export interface KeyUpdate {
  /** Whether the other side is to change its key as well. */
  readonly updateRequested: boolean;
}

/** RFC 8446 §4.6.3. */
export function parseKeyUpdate(body: Uint8Array): KeyUpdate {
  const message = new ByteReader(body, "key_update");
  const request = message.peek();
  if (request !== undefined && request > 1)
    throw message.malformed(`${request} is neither 0 nor 1`, "request_update");
  const updateRequested = message.uint8("request_update") === 1;
  message.end();
  return { updateRequested };
}
