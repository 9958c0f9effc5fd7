import { ByteReader } from "../../bytes/byte-reader.ts";

/** HelloRequest and ServerHelloDone (RFC 5246 §7.4.1.1, §7.4.5), EndOfEarlyData (RFC 8446 §4.5): nothing but their type. */
export type EmptyMessage = Readonly<Record<string, never>>;

const EMPTY: EmptyMessage = {};

/** A body that has to be empty; `field` is what the message is called in the error. */
export function parseEmptyMessage(body: Uint8Array, field: string): EmptyMessage {
  new ByteReader(body, field).end();
  return EMPTY;
}
