import type { CertificateFacts } from "../x509/certificate-facts.ts";

/** One client's certificate as one handshake showed it. */
export interface Sighting {
  readonly certificate: CertificateFacts;
  /** A CA that the operator trusts signed it; always false under `trustCa: "none"`. */
  readonly caSigned: boolean;
  /** As `net.Socket` gives it; undefined on a Unix socket. */
  readonly remoteAddress: string | undefined;
}

/** A connection that is open now, as `trust connections` lists it. */
export interface LiveConnection {
  /** Unique in its process run. */
  readonly id: string;
  readonly pin: KeyPin;
  readonly peer: string;
  readonly remoteAddress: string | null;
  /** Milliseconds since the epoch. */
  readonly since: number;
}

type KeyPin = CertificateFacts["pin"];
