import { TLS12_SUITES, type Tls12Suite } from "./tls12-suite.ts";
import { TLS13_SUITES, type Tls13Suite } from "./tls13-suite.ts";

/** What decrypting needs to know of a suite; `version` tells which of the two it is. */
export type CipherSuite = Tls12Suite | Tls13Suite;

/** By IANA number; what is missing cannot be decrypted. RFC 8446 §B.4, RFC 5246 §A.5 and its successors. */
export const CIPHER_SUITES: ReadonlyMap<number, CipherSuite> = new Map<number, CipherSuite>([
  ...Array.from(TLS13_SUITES.values(), (suite): [number, CipherSuite] => [suite.code, suite]),
  ...TLS12_SUITES,
]);
