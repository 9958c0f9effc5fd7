import type { ByteReader } from "../../bytes/byte-reader.ts";

const HOST_NAME = 0;

/** The first host name, one character for each byte, undefined when there is none. Hostile text. RFC 6066 §3. */
export function parseServerName(extension: ByteReader): string | undefined {
  const list = extension.vector(2, "server_name_list");
  let hostName: string | undefined;
  while (!list.isEmpty) {
    const type = list.uint8("name_type");
    const name = list.vector(2, "name").rest();
    if (type === HOST_NAME) hostName ??= latin1(name);
  }
  return hostName;
}

/** One character for each byte, so that no byte is lost. */
export function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}
