import type { ByteReader } from "../../../bytes/byte-reader.ts";
import { parseOpaque } from "../parts/opaque.ts";

/** Distinguished names, each as DER. RFC 8446 §4.2.4, RFC 5246 §7.4.4. */
export function parseCertificateAuthorities(reader: ByteReader): readonly Uint8Array[] {
  const list = reader.vector(2, "authorities");
  const names: Uint8Array[] = [];
  while (!list.isEmpty) names.push(parseOpaque(list, 2, "distinguished_name"));
  return names;
}
