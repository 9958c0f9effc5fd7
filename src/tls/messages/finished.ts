import { ByteReader } from "../../bytes/byte-reader.ts";

/** RFC 8446 §4.4.4, RFC 5246 §7.4.9. */
export interface Finished {
  readonly verifyData: Uint8Array;
}

const MIN_LENGTH = 12;
const MAX_LENGTH = 64;

/** RFC 8446 §4.4.4, RFC 5246 §7.4.9. As long as the hash in TLS 1.3, 12 bytes before. */
export function parseFinished(body: Uint8Array): Finished {
  const message = new ByteReader(body, "finished");
  if (body.length < MIN_LENGTH || body.length > MAX_LENGTH)
    throw message.malformed(`has ${body.length} bytes, not ${MIN_LENGTH} to ${MAX_LENGTH}`, "verify_data");
  return { verifyData: message.rest() };
}
