import type { ByteReader } from "../../../bytes/byte-reader.ts";
import { parseOpaque } from "../parts/opaque.ts";

const HOST_NAME = 0;

/** The first host name, one character for each byte, undefined when there is none. Hostile text. RFC 6066 §3. */
export function parseServerName(extension: ByteReader): string | undefined {
  const list = extension.vector(2, "server_name_list");
  let hostName: string | undefined;
  while (!list.isEmpty) {
    const type = list.uint8("name_type");
    const name = parseOpaque(list, 2, "name");
    if (type === HOST_NAME) hostName ??= latin1(name);
  }
  return hostName;
}

/** Up to here spreading is faster than a detour by Buffer. */
const SHORT = 64;

/** One character for each byte, so that no byte is lost. */
export function latin1(bytes: Uint8Array): string {
  if (bytes.length <= SHORT) return String.fromCharCode(...bytes);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}
