import { generateKeyPair, type KeyObject } from "node:crypto";
import { promisify } from "node:util";
import type { KeyType } from "./parts/public-key-info.ts";

const generate = promisify(generateKeyPair);

const RSA_BITS = 3072;

const NEW_KEYS: Readonly<Record<KeyType, () => Promise<{ readonly privateKey: KeyObject }>>> = {
  p256: () => generate("ec", { namedCurve: "P-256" }),
  p384: () => generate("ec", { namedCurve: "P-384" }),
  p521: () => generate("ec", { namedCurve: "P-521" }),
  rsa: () => generate("rsa", { modulusLength: RSA_BITS }),
  "rsa-pss": () => generate("rsa-pss", { modulusLength: RSA_BITS }),
  ed25519: () => generate("ed25519"),
  ed448: () => generate("ed448"),
  "ml-dsa-44": () => generate("ml-dsa-44"),
  "ml-dsa-65": () => generate("ml-dsa-65"),
  "ml-dsa-87": () => generate("ml-dsa-87"),
};

/** A new private key; RSA has 3072 bits. */
export async function generateKey(type: KeyType): Promise<KeyObject> {
  return (await NEW_KEYS[type]()).privateKey;
}
