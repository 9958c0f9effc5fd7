import type { ClientHello } from "../../../../src/tls/messages/hello/client-hello.ts";
import { parseClientHello } from "../../../../src/tls/messages/hello/client-hello.ts";
import { parseServerHello, type ServerHello } from "../../../../src/tls/messages/hello/server-hello.ts";
import { clientHello, serverHello } from "../../messages/support/encode.ts";

/** As it was read, but for what is said here. */
export function readClientHello(over: Partial<ClientHello> = {}): ClientHello {
  return { ...parseClientHello(clientHello()), ...over };
}

/** As it was read, of TLS 1.2 or 1.3, but for what is said here. */
export function readServerHello(version: 0x0303 | 0x0304, over: Partial<ServerHello> = {}): ServerHello {
  const cipherSuite = version === 0x0304 ? 0x1301 : 0xc02f;
  const chosen = version === 0x0304 ? { supportedVersion: version } : {};
  return { ...parseServerHello(serverHello([])), version, cipherSuite, ...chosen, ...over };
}
