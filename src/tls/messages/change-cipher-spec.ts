import { ByteReader } from "../../bytes/byte-reader.ts";

/** From here on the sender's records are protected (RFC 5246 §7.1); in TLS 1.3 without meaning (RFC 8446 §D.4). */
export interface ChangeCipherSpec {
  readonly type: 1;
}

/** The fragment of a change_cipher_spec record: one byte, 1. RFC 5246 §7.1. */
export function parseChangeCipherSpec(fragment: Uint8Array): ChangeCipherSpec {
  const message = new ByteReader(fragment, "change_cipher_spec");
  const type = message.peek();
  if (type !== undefined && type !== 1) throw message.malformed(`${type} is not 1`, "type");
  message.uint8("type");
  message.end();
  return { type: 1 };
}
