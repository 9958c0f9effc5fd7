import { parseServerAddress, type ServerAddress } from "../../client/servers/server-address.ts";

/** Where to listen: `HOST:PORT`, or `:PORT` for all addresses of the machine. Throws ERR_HANDCLASP_OPTION. */
export function parseListenAddress(text: string): ServerAddress {
  return parseServerAddress(text.startsWith(":") ? `[::]${text}` : text);
}
