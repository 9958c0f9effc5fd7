import { generateKeyPairSync, type KeyObject } from "node:crypto";
import type { KeyType } from "../../../src/x509/parts/public-key-info.ts";

export interface KeyPair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  /** DER SubjectPublicKeyInfo. */
  readonly spki: Uint8Array;
}

const GENERATE: Readonly<Record<KeyType, () => { privateKey: KeyObject; publicKey: KeyObject }>> = {
  p256: () => generateKeyPairSync("ec", { namedCurve: "P-256" }),
  p384: () => generateKeyPairSync("ec", { namedCurve: "P-384" }),
  p521: () => generateKeyPairSync("ec", { namedCurve: "P-521" }),
  ed25519: () => generateKeyPairSync("ed25519"),
  ed448: () => generateKeyPairSync("ed448"),
  rsa: () => generateKeyPairSync("rsa", { modulusLength: 2048 }),
  "rsa-pss": () => generateKeyPairSync("rsa-pss", { modulusLength: 2048 }),
  "ml-dsa-44": () => generateKeyPairSync("ml-dsa-44"),
  "ml-dsa-65": () => generateKeyPairSync("ml-dsa-65"),
  "ml-dsa-87": () => generateKeyPairSync("ml-dsa-87"),
};

/** Every type of key that a certificate may have. */
export const KEY_TYPES: readonly KeyType[] = Object.keys(GENERATE) as KeyType[];

export function newKeyPair(type: KeyType): KeyPair {
  return withSpki(GENERATE[type]());
}

/** Adds what certificates hold of the key, as OpenSSL writes it. */
export function withSpki(pair: { readonly privateKey: KeyObject; readonly publicKey: KeyObject }): KeyPair {
  return { ...pair, spki: new Uint8Array(pair.publicKey.export({ type: "spki", format: "der" })) };
}
