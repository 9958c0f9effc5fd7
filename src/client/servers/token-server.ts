import { HandclaspError } from "../../errors.ts";
import {
  isStartTlsProtocol,
  STARTTLS_PROTOCOLS,
  type StartTlsProtocol,
} from "../../trust/naming/starttls-protocol.ts";
import { formatServerAddress, parseServerAddress, type ServerAddress } from "./server-address.ts";

/** Where a server is, and how TLS begins there. */
export interface TokenServer extends ServerAddress {
  /** How TLS is asked for; `none` where it begins at once. Undefined where nothing is said of it. */
  readonly starttls?: StartTlsProtocol | "none";
}

/** What stands before an address where TLS begins at once. */
const AT_ONCE = "tls";

/** Reads `HOST:PORT`, `tls://HOST:PORT` or `PROTOCOL://HOST:PORT`. Throws ERR_HANDCLASP_OPTION. */
export function parseTokenServer(text: string): TokenServer {
  const [, protocol, address = text] = /^([a-z\d]+):\/\/(.*)$/s.exec(text) ?? [];
  const server = parseServerAddress(address);
  if (protocol === undefined) return server;
  if (protocol === AT_ONCE) return { ...server, starttls: "none" };
  if (isStartTlsProtocol(protocol)) return { ...server, starttls: protocol };
  throw new HandclaspError("ERR_HANDCLASP_OPTION", `nobody asks for TLS in "${protocol}" here`, {
    hint: `before :// stands one of ${STARTTLS_PROTOCOLS.join(", ")}, or ${AT_ONCE} where TLS begins at once`,
  });
}

/** The same for every spelling. */
export function formatTokenServer({ starttls, ...server }: TokenServer): string {
  const address = formatServerAddress(server);
  if (starttls === undefined) return address;
  return `${starttls === "none" ? AT_ONCE : starttls}://${address}`;
}
