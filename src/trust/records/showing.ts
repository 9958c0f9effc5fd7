import type { CertificateFacts } from "../../x509/certificate-facts.ts";

/** One client's certificate as one handshake showed it. */
export interface Showing {
  readonly certificate: CertificateFacts;
  /** A CA that the operator trusts signed it; always false under `trustCa: "none"`. */
  readonly caSigned: boolean;
  /** A session was resumed: the certificate is the one that it was made with. Default false. */
  readonly resumed?: boolean;
  /** As `net.Socket` gives it; undefined on a Unix socket. */
  readonly remoteAddress: string | undefined;
  /** The listener that the client came to; default none. */
  readonly listener?: string | null;
  /** Asked for only while the key is not known. Throws ERR_HANDCLASP_CERTIFICATE_MALFORMED. */
  readonly joinProof?: ShownJoinProof | undefined;
  /** The newest link first; asked for only while the key is not known. Throws as `joinProof` does. */
  readonly endorsement?: readonly ShownEndorsement[];
}

/** That whoever has the certificate's key had a join token. */
export interface ShownJoinProof {
  /** Lower-case hex. */
  readonly tokenId: string;
  /** Whether the token's key (Ed25519, 32 bytes) signed it for this certificate's key and the server we are. */
  isSignedBy(publicKey: Uint8Array): boolean;
  /** Whether it was signed for a server with this key. */
  isSignedFor(publicKey: Uint8Array, serverPin: KeyPin): boolean;
}

/** That the holder of one key named the next one as its successor. */
export interface ShownEndorsement {
  readonly oldPin: KeyPin;
  /** By the clock of whoever signed; milliseconds since the epoch. */
  readonly issuedAt: number;
  verify(): boolean;
}

type KeyPin = CertificateFacts["pin"];
