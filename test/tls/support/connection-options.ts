import type { ConnectionOptions, TlsOptions } from "node:tls";
import { createIdentity } from "../../../src/x509/create-identity.ts";

const PSK = Buffer.from("a key that both sides know", "utf8");
/** SSL_OP_NO_ENCRYPT_THEN_MAC of OpenSSL 3; Node has no name for it. */
export const NO_ENCRYPT_THEN_MAC = 0x8_0000;
/** SSL_OP_NO_EXTENDED_MASTER_SECRET of OpenSSL 3; Node has no name for it. */
export const NO_EXTENDED_MASTER_SECRET = 0x1;

/** A server that has what any suite needs: keys of both kinds, Diffie-Hellman, a pre-shared key. */
export async function versatileServer(options: TlsOptions = {}): Promise<TlsOptions> {
  const now = new Date();
  const identities = await Promise.all([
    createIdentity({ name: "server", type: "rsa", now }),
    createIdentity({ name: "server", type: "p256", now }),
  ]);
  return {
    key: identities.map(({ privateKeyPem }) => privateKeyPem),
    cert: identities.map(({ certificatePem }) => certificatePem),
    ciphers: "ALL:COMPLEMENTOFALL:@SECLEVEL=0",
    dhparam: "auto",
    pskCallback: () => PSK,
    ...options,
  };
}

export function clientWith(options: ConnectionOptions): ConnectionOptions {
  return { pskCallback: () => ({ psk: PSK, identity: "client" }), ...options };
}

/** The premaster secret of plain PSK suites: as many zeros as the key has bytes, then the key. RFC 4279 §2. */
export function premasterOfPsk(): Uint8Array {
  const length = Uint8Array.of(PSK.length >> 8, PSK.length & 0xff);
  return Buffer.concat([length, new Uint8Array(PSK.length), length, PSK]);
}
