import { constants } from "node:crypto";
import type { Server } from "node:tls";

/** OpenSSL's `SSL_OP_NO_RX_CERTIFICATE_COMPRESSION`; Node has no name for it. */
const NO_COMPRESSED_CERTIFICATES = 2 ** 33;

/**
 * Turns off what lets a client send certificates that nobody looked at: a second handshake on one connection, of TLS 1.2
 * (it gets `no_renegotiation`), and compressed certificates, of which a few bytes may be a hundred. What the server sends
 * is still compressed if it wants that. Holds for certificates that the server is given later, too.
 */
export function hardenServer(server: Server): void {
  const setSecureContext = server.setSecureContext.bind(server);
  server.setSecureContext = (options) => {
    setSecureContext(options);
    setOptions(server);
  };
  setOptions(server);
}

/** Where Node keeps the context elsewhere, a client that renegotiates is cut when it is done. */
function setOptions(server: Server): void {
  const shared = Reflect.get(server, "_sharedCreds") as
    | { readonly context?: { readonly setOptions?: (options: number) => void } }
    | undefined;
  shared?.context?.setOptions?.(constants.SSL_OP_NO_RENEGOTIATION + NO_COMPRESSED_CERTIFICATES);
}
