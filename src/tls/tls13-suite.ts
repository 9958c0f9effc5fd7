import type { CipherCCMTypes, CipherChaCha20Poly1305Types, CipherGCMTypes } from "node:crypto";

/** What RFC 8446 §B.4 fixes with a suite: the hash of the key schedule and the AEAD of the records. */
export interface Tls13Suite {
  readonly hash: "sha256" | "sha384";
  readonly aead: CipherGCMTypes | CipherCCMTypes | CipherChaCha20Poly1305Types;
  readonly keyLength: 16 | 32;
  readonly tagLength: 8 | 16;
}

/** By the name that RFC 8446 §B.4 and OpenSSL give it. */
export const TLS13_SUITES: ReadonlyMap<string, Tls13Suite> = new Map<string, Tls13Suite>([
  ["TLS_AES_128_GCM_SHA256", { hash: "sha256", aead: "aes-128-gcm", keyLength: 16, tagLength: 16 }],
  ["TLS_AES_256_GCM_SHA384", { hash: "sha384", aead: "aes-256-gcm", keyLength: 32, tagLength: 16 }],
  [
    "TLS_CHACHA20_POLY1305_SHA256",
    { hash: "sha256", aead: "chacha20-poly1305", keyLength: 32, tagLength: 16 },
  ],
  ["TLS_AES_128_CCM_SHA256", { hash: "sha256", aead: "aes-128-ccm", keyLength: 16, tagLength: 16 }],
  ["TLS_AES_128_CCM_8_SHA256", { hash: "sha256", aead: "aes-128-ccm", keyLength: 16, tagLength: 8 }],
]);
