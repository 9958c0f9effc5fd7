import type { KeyPin } from "../x509/certificate-facts.ts";

/**
 * One client, as whoever ended its TLS met it. Each property is asked for when it is needed: of a client that is known,
 * that is its certificate alone.
 */
export interface Encounter {
  /** What it is called in lists and refusals; unique among all processes that share a trust store. */
  readonly id: string;
  /**
   * DER of the first certificate that it showed, the only one whose key is proven (RFC 8446 §4.4.3); undefined when it
   * showed none. Asked for once.
   */
  readonly certificate: Uint8Array | undefined;
  /** Undefined when nobody can tell, as on a Unix socket. */
  readonly remoteAddress: string | undefined;
  /** The name of the listener that it came to; null where it has none. */
  readonly listener: string | null;
  /** A session was resumed: the certificate is the one that it was made with. */
  readonly resumed: boolean;
  /** A CA that the operator trusts signed the certificate, as found in this very handshake. */
  readonly caSigned: boolean;
  /** The key that we showed, and those that it replaced. */
  readonly ownPins: readonly KeyPin[];
}
