import type { CipherCCMTypes, CipherChaCha20Poly1305Types, CipherGCMTypes } from "node:crypto";
import type { PrfHash } from "./tls12-prf.ts";

/** The nonce is `fixedIvLength` bytes of the key block, then what the record shows or XORed with its number. RFC 5246 §6.2.3.3. */
export interface AeadCipher {
  readonly mode: "aead";
  readonly aead:
    | CipherGCMTypes
    | CipherCCMTypes
    | CipherChaCha20Poly1305Types
    | "aria-128-gcm"
    | "aria-256-gcm";
  readonly keyLength: 16 | 32;
  readonly fixedIvLength: 4 | 12;
  /** In front of each record: 8 (RFC 5288 §3, RFC 6655 §3), or 0 (RFC 7905 §2). */
  readonly explicitNonceLength: 0 | 8;
  readonly tagLength: 8 | 16;
}

/** A block cipher and an HMAC, its key as long as its output; the IV is in front of each record. RFC 5246 §6.2.3.2. */
export interface CbcCipher {
  readonly mode: "cbc";
  readonly cipher: "aes-128-cbc" | "aes-256-cbc" | "camellia-128-cbc" | "camellia-256-cbc";
  readonly keyLength: 16 | 32;
  readonly mac: "sha1" | "sha256" | "sha384";
  readonly macLength: 20 | 32 | 48;
}

/** No cipher, only an HMAC behind each content; with encrypt-then-MAC it comes to the same. RFC 5246 §6.2.3.1. */
export interface NullCipher {
  readonly mode: "null";
  readonly keyLength: 0;
  readonly mac: "md5" | "sha1" | "sha256" | "sha384";
  readonly macLength: 16 | 20 | 32 | 48;
}

/** What a suite of TLS 1.2 fixes for its records; how keys are exchanged makes no difference to them. */
export interface Tls12Suite {
  readonly version: "TLSv1.2";
  readonly hash: PrfHash;
  readonly cipher: AeadCipher | CbcCipher | NullCipher;
}

const NONCE = { mode: "aead", fixedIvLength: 4, explicitNonceLength: 8 } as const;
const AES_128_GCM: AeadCipher = { ...NONCE, aead: "aes-128-gcm", keyLength: 16, tagLength: 16 };
const AES_256_GCM: AeadCipher = { ...NONCE, aead: "aes-256-gcm", keyLength: 32, tagLength: 16 };
const AES_128_CCM: AeadCipher = { ...NONCE, aead: "aes-128-ccm", keyLength: 16, tagLength: 16 };
const AES_256_CCM: AeadCipher = { ...NONCE, aead: "aes-256-ccm", keyLength: 32, tagLength: 16 };
const AES_128_CCM_8: AeadCipher = { ...AES_128_CCM, tagLength: 8 };
const AES_256_CCM_8: AeadCipher = { ...AES_256_CCM, tagLength: 8 };
const ARIA_128_GCM: AeadCipher = { ...NONCE, aead: "aria-128-gcm", keyLength: 16, tagLength: 16 };
const ARIA_256_GCM: AeadCipher = { ...NONCE, aead: "aria-256-gcm", keyLength: 32, tagLength: 16 };
const CHACHA20_POLY1305: AeadCipher = {
  mode: "aead",
  aead: "chacha20-poly1305",
  keyLength: 32,
  fixedIvLength: 12,
  explicitNonceLength: 0,
  tagLength: 16,
};
const SHA = { mode: "cbc", mac: "sha1", macLength: 20 } as const;
const SHA256 = { mode: "cbc", mac: "sha256", macLength: 32 } as const;
const SHA384 = { mode: "cbc", mac: "sha384", macLength: 48 } as const;
const AES_128_CBC = { cipher: "aes-128-cbc", keyLength: 16 } as const;
const AES_256_CBC = { cipher: "aes-256-cbc", keyLength: 32 } as const;
const CAMELLIA_128_CBC = { cipher: "camellia-128-cbc", keyLength: 16 } as const;
const CAMELLIA_256_CBC = { cipher: "camellia-256-cbc", keyLength: 32 } as const;

/** By cipher and PRF, the IANA numbers: RSA, DHE, ECDHE, PSK, anonymous, DSS, SRP as each cipher has them. */
const FAMILIES: readonly (readonly [AeadCipher | CbcCipher | NullCipher, PrfHash, readonly number[]])[] = [
  // RFC 5288, RFC 5289, RFC 5487, RFC 8442
  [
    AES_128_GCM,
    "sha256",
    [
      0x009c, 0x009e, 0x00a0, 0x00a2, 0x00a4, 0x00a6, 0x00a8, 0x00aa, 0x00ac, 0xc02b, 0xc02d, 0xc02f, 0xc031,
      0xd001,
    ],
  ],
  [
    AES_256_GCM,
    "sha384",
    [
      0x009d, 0x009f, 0x00a1, 0x00a3, 0x00a5, 0x00a7, 0x00a9, 0x00ab, 0x00ad, 0xc02c, 0xc02e, 0xc030, 0xc032,
      0xd002,
    ],
  ],
  // RFC 7905
  [CHACHA20_POLY1305, "sha256", [0xcca8, 0xcca9, 0xccaa, 0xccab, 0xccac, 0xccad, 0xccae]],
  // RFC 6655, RFC 7251, RFC 8442
  [AES_128_CCM, "sha256", [0xc09c, 0xc09e, 0xc0a4, 0xc0a6, 0xc0ac, 0xd005]],
  [AES_256_CCM, "sha256", [0xc09d, 0xc09f, 0xc0a5, 0xc0a7, 0xc0ad]],
  [AES_128_CCM_8, "sha256", [0xc0a0, 0xc0a2, 0xc0a8, 0xc0aa, 0xc0ae, 0xd003]],
  [AES_256_CCM_8, "sha256", [0xc0a1, 0xc0a3, 0xc0a9, 0xc0ab, 0xc0af]],
  // RFC 6209 §2.2, §2.3
  [
    ARIA_128_GCM,
    "sha256",
    [0xc050, 0xc052, 0xc054, 0xc056, 0xc058, 0xc05a, 0xc05c, 0xc05e, 0xc060, 0xc062, 0xc06a, 0xc06c, 0xc06e],
  ],
  [
    ARIA_256_GCM,
    "sha384",
    [0xc051, 0xc053, 0xc055, 0xc057, 0xc059, 0xc05b, 0xc05d, 0xc05f, 0xc061, 0xc063, 0xc06b, 0xc06d, 0xc06f],
  ],
  // RFC 5246 §A.5, RFC 4279, RFC 4785, RFC 8422, RFC 5489, RFC 5054
  [
    { ...SHA, ...AES_128_CBC },
    "sha256",
    [
      0x002f, 0x0030, 0x0031, 0x0032, 0x0033, 0x0034, 0x008c, 0x0090, 0x0094, 0xc004, 0xc009, 0xc00e, 0xc013,
      0xc018, 0xc01d, 0xc01e, 0xc01f, 0xc035,
    ],
  ],
  [
    { ...SHA, ...AES_256_CBC },
    "sha256",
    [
      0x0035, 0x0036, 0x0037, 0x0038, 0x0039, 0x003a, 0x008d, 0x0091, 0x0095, 0xc005, 0xc00a, 0xc00f, 0xc014,
      0xc019, 0xc020, 0xc021, 0xc022, 0xc036,
    ],
  ],
  // RFC 5246 §A.5, RFC 5289 §3.1, RFC 5487 §3.1, RFC 5489
  [
    { ...SHA256, ...AES_128_CBC },
    "sha256",
    [
      0x003c, 0x003e, 0x003f, 0x0040, 0x0067, 0x006c, 0x00ae, 0x00b2, 0x00b6, 0xc023, 0xc025, 0xc027, 0xc029,
      0xc037,
    ],
  ],
  [{ ...SHA256, ...AES_256_CBC }, "sha256", [0x003d, 0x0068, 0x0069, 0x006a, 0x006b, 0x006d]],
  [{ ...SHA384, ...AES_256_CBC }, "sha384", [0x00af, 0x00b3, 0x00b7, 0xc024, 0xc026, 0xc028, 0xc02a, 0xc038]],
  // RFC 5932, RFC 6367
  [{ ...SHA, ...CAMELLIA_128_CBC }, "sha256", [0x0041, 0x0042, 0x0043, 0x0044, 0x0045, 0x0046]],
  [{ ...SHA, ...CAMELLIA_256_CBC }, "sha256", [0x0084, 0x0085, 0x0086, 0x0087, 0x0088, 0x0089]],
  [
    { ...SHA256, ...CAMELLIA_128_CBC },
    "sha256",
    [
      0x00ba, 0x00bb, 0x00bc, 0x00bd, 0x00be, 0x00bf, 0xc072, 0xc074, 0xc076, 0xc078, 0xc094, 0xc096, 0xc098,
      0xc09a,
    ],
  ],
  [{ ...SHA256, ...CAMELLIA_256_CBC }, "sha256", [0x00c0, 0x00c1, 0x00c2, 0x00c3, 0x00c4, 0x00c5]],
  [
    { ...SHA384, ...CAMELLIA_256_CBC },
    "sha384",
    [0xc073, 0xc075, 0xc077, 0xc079, 0xc095, 0xc097, 0xc099, 0xc09b],
  ],
  // RFC 5246 §A.5, RFC 4785, RFC 5487 §3.1, RFC 5489, RFC 8422
  [{ mode: "null", keyLength: 0, mac: "md5", macLength: 16 }, "sha256", [0x0001]],
  [
    { mode: "null", keyLength: 0, mac: "sha1", macLength: 20 },
    "sha256",
    [0x0002, 0x002c, 0x002d, 0x002e, 0xc001, 0xc006, 0xc00b, 0xc010, 0xc015, 0xc039],
  ],
  [
    { mode: "null", keyLength: 0, mac: "sha256", macLength: 32 },
    "sha256",
    [0x003b, 0x00b0, 0x00b4, 0x00b8, 0xc03a],
  ],
  [{ mode: "null", keyLength: 0, mac: "sha384", macLength: 48 }, "sha384", [0x00b1, 0x00b5, 0x00b9, 0xc03b]],
];

/** By IANA number: every suite of TLS 1.2 that OpenSSL 3.5 has, and its siblings. */
export const TLS12_SUITES: ReadonlyMap<number, Tls12Suite> = new Map(
  FAMILIES.flatMap(([cipher, hash, codes]) =>
    codes.map((code): [number, Tls12Suite] => [code, { version: "TLSv1.2", hash, cipher }]),
  ),
);
