import type { TLSSocket } from "node:tls";
import { TLS13_SUITES, type Tls13Suite } from "../../tls/keys/tls13-suite.ts";

/** The TLS 1.3 suite of a connection; undefined as long as none is negotiated, where Node's types promise one. */
export function negotiatedSuite(socket: TLSSocket): Tls13Suite | undefined {
  const cipher = socket.getCipher() as { readonly name: string } | undefined;
  return cipher && TLS13_SUITES.get(cipher.name);
}
