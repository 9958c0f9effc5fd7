import type { ByteReader } from "../../../bytes/byte-reader.ts";
import { parseOpaque } from "../parts/opaque.ts";
import { latin1 } from "./server-name.ts";

/** Protocol names, one character for each byte. RFC 7301 §3.1. */
export function parseAlpn(extension: ByteReader): readonly string[] {
  const list = extension.vector(2, "protocol_name_list");
  const protocols: string[] = [];
  while (!list.isEmpty) protocols.push(latin1(parseOpaque(list, 1, "protocol_name")));
  return protocols;
}

/** The one protocol that a server answers with. RFC 7301 §3.1. */
export function parseSelectedAlpn(extension: ByteReader): string {
  const protocols = parseAlpn(extension);
  const [selected] = protocols;
  if (selected === undefined || protocols.length > 1)
    throw extension.malformed(`has ${protocols.length} names, not one`, "protocol_name_list");
  return selected;
}
