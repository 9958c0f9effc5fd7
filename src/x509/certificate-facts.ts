/** The key types a peer may have. DESIGN: RSA 2048 to 8192 bits, the NIST curves, EdDSA, ML-DSA. */
export type KeyType =
  | "rsa"
  | "rsa-pss"
  | "p256"
  | "p384"
  | "p521"
  | "ed25519"
  | "ed448"
  | "ml-dsa-44"
  | "ml-dsa-65"
  | "ml-dsa-87";

/** SHA-256 of the DER SubjectPublicKeyInfo as `sha256:` + base64 (RFC 7469 §2.4). */
export type KeyPin = `sha256:${string}`;

/** What the hot path reads of a certificate; everything is bounded, nothing is believed. */
export interface CertificateFacts {
  /** The whole certificate. */
  readonly der: Uint8Array;
  readonly pin: KeyPin;
  /** SHA-256 of `der`, 64 lower-case hex digits. */
  readonly fingerprint: string;
  readonly keyType: KeyType;
  /** Milliseconds since the epoch, inclusive (RFC 5280 §4.1.2.5). */
  readonly notBefore: number;
  readonly notAfter: number;
  /** First SAN URI, else SAN DNS, else SAN e-mail, else the subject's CN: hostile text, not yet looked at. */
  readonly claimedName: string | undefined;
}
