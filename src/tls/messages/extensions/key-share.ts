import type { ByteReader } from "../../../bytes/byte-reader.ts";
import { parseOpaque } from "../parts/opaque.ts";

/** RFC 8446 §4.2.8. */
export interface KeyShare {
  readonly group: number;
  readonly keyExchange: Uint8Array;
}

/** What a ClientHello offers; empty when it asks for a HelloRetryRequest. RFC 8446 §4.2.8. */
export function parseKeyShares(extension: ByteReader): readonly KeyShare[] {
  const list = extension.vector(2, "client_shares");
  const shares: KeyShare[] = [];
  while (!list.isEmpty) shares.push(parseKeyShare(list));
  return shares;
}

/** What a ServerHello answers. RFC 8446 §4.2.8. */
export function parseKeyShare(reader: ByteReader): KeyShare {
  return { group: reader.uint16("group"), keyExchange: parseOpaque(reader, 2, "key_exchange") };
}
