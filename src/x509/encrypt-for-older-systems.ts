import { createCipheriv, randomBytes } from "node:crypto";
import { TAG } from "./der/der.ts";
import { encodeDer, integerContent } from "./der/encode-der.ts";
import { derivePkcs12Key } from "./derive-pkcs12-key.ts";
import type { Encrypted } from "./encrypt-private-key.ts";

/** What all of those systems write themselves; some take no other number. */
export const OLDER_ROUNDS = 2048;
/** More of it is said to be refused by macOS. */
export const OLDER_SALT_BYTES = 8;

/** pbeWithSHA1And3-KeyTripleDES-CBC, RFC 7292 §C. */
const PBE = encodeDer(TAG.OID, Buffer.from("2a864886f70d010c0103", "hex"));
const KEY_BYTES = 24;
const IV_BYTES = 8;

/** Weak: 112 bits at best, and a passphrase is tried for 2048 rounds of SHA-1. For files that nothing else opens. */
export function encryptForOlderSystems(passphrase: string, plaintext: Uint8Array): Encrypted {
  const salt = randomBytes(OLDER_SALT_BYTES);
  const derivation = { digest: "sha1", passphrase, salt, rounds: OLDER_ROUNDS } as const;
  const key = derivePkcs12Key({ ...derivation, purpose: "key", length: KEY_BYTES });
  const iv = derivePkcs12Key({ ...derivation, purpose: "iv", length: IV_BYTES });
  const cipher = createCipheriv("des-ede3-cbc", key, iv);
  const parameters = encodeDer(
    TAG.SEQUENCE,
    encodeDer(TAG.OCTET_STRING, salt),
    encodeDer(TAG.INTEGER, integerContent(OLDER_ROUNDS)),
  );
  return {
    algorithm: encodeDer(TAG.SEQUENCE, PBE, parameters),
    ciphertext: Buffer.concat([cipher.update(plaintext), cipher.final()]),
  };
}
