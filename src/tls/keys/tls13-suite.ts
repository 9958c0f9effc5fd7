import type { CipherCCMTypes, CipherChaCha20Poly1305Types, CipherGCMTypes } from "node:crypto";

/** What RFC 8446 §B.4 fixes with a suite: the hash of the key schedule and the AEAD of the records. */
export interface Tls13Suite {
  readonly version: "TLSv1.3";
  /** The IANA number. */
  readonly code: number;
  readonly hash: "sha256" | "sha384";
  readonly aead: CipherGCMTypes | CipherCCMTypes | CipherChaCha20Poly1305Types;
  readonly keyLength: 16 | 32;
  readonly tagLength: 8 | 16;
}

const SHA256 = { version: "TLSv1.3", hash: "sha256", tagLength: 16 } as const;
const AES_128_GCM: Tls13Suite = { ...SHA256, code: 0x1301, aead: "aes-128-gcm", keyLength: 16 };
const AES_256_GCM: Tls13Suite = {
  ...SHA256,
  code: 0x1302,
  hash: "sha384",
  aead: "aes-256-gcm",
  keyLength: 32,
};
const CHACHA20: Tls13Suite = { ...SHA256, code: 0x1303, aead: "chacha20-poly1305", keyLength: 32 };
const AES_128_CCM: Tls13Suite = { ...SHA256, code: 0x1304, aead: "aes-128-ccm", keyLength: 16 };
const AES_128_CCM_8: Tls13Suite = { ...AES_128_CCM, code: 0x1305, tagLength: 8 };

/** By the name that RFC 8446 §B.4 and OpenSSL give it. */
export const TLS13_SUITES: ReadonlyMap<string, Tls13Suite> = new Map([
  ["TLS_AES_128_GCM_SHA256", AES_128_GCM],
  ["TLS_AES_256_GCM_SHA384", AES_256_GCM],
  ["TLS_CHACHA20_POLY1305_SHA256", CHACHA20],
  ["TLS_AES_128_CCM_SHA256", AES_128_CCM],
  ["TLS_AES_128_CCM_8_SHA256", AES_128_CCM_8],
]);
