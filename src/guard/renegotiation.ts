import { constants } from "node:crypto";

/**
 * For `secureOptions` of a server: a TLS 1.2 client that asks for another handshake on the same connection gets
 * `no_renegotiation`. Without it a guarded server ends such a connection.
 */
export const NO_RENEGOTIATION: number = constants.SSL_OP_NO_RENEGOTIATION;
