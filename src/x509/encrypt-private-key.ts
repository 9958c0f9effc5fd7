import { createCipheriv, type KeyObject, pbkdf2Sync, randomBytes } from "node:crypto";
import { TAG } from "./der/der.ts";
import { encodeDer, integerContent } from "./der/encode-der.ts";

/** What OWASP asks of PBKDF2 with HMAC-SHA-256; Node's own `export` has 2048. */
const ITERATIONS = 600_000;
const SALT_BYTES = 16;
const KEY_BYTES = 32;
const IV_BYTES = 16;

/** AlgorithmIdentifiers and OIDs: RFC 8018 §A.2, §A.4, §B.1.2, §B.2.5. */
const PBES2 = oid("2a864886f70d01050d");
const PBKDF2 = oid("2a864886f70d01050c");
const HMAC_SHA256 = encodeDer(TAG.SEQUENCE, oid("2a864886f70d0209"), encodeDer(TAG.NULL));
const AES_256_CBC = oid("60864801650304012a");

/** How something was encrypted, and what came of it. */
export interface Encrypted {
  /** DER AlgorithmIdentifier. */
  readonly algorithm: Uint8Array;
  readonly ciphertext: Uint8Array;
}

/** DER EncryptedPrivateKeyInfo (RFC 5958 §3). */
export function encryptPrivateKey(
  key: KeyObject,
  passphrase: string,
  encrypt: typeof encryptUnder = encryptUnder,
): Uint8Array {
  const plaintext = key.export({ type: "pkcs8", format: "der" });
  const { algorithm, ciphertext } = encrypt(passphrase, plaintext);
  return encodeDer(TAG.SEQUENCE, algorithm, encodeDer(TAG.OCTET_STRING, ciphertext));
}

/** PBES2 (RFC 8018 §6.2): PBKDF2 with HMAC-SHA-256, AES-256-CBC. The passphrase counts as UTF-8. */
export function encryptUnder(passphrase: string, plaintext: Uint8Array): Encrypted {
  const [salt, iv] = [randomBytes(SALT_BYTES), randomBytes(IV_BYTES)];
  const key = pbkdf2Sync(passphrase, salt, ITERATIONS, KEY_BYTES, "sha256");
  const cipher = createCipheriv("aes-256-cbc", key, iv);
  const derivation = encodeDer(
    TAG.SEQUENCE,
    encodeDer(TAG.OCTET_STRING, salt),
    encodeDer(TAG.INTEGER, integerContent(ITERATIONS)),
    HMAC_SHA256,
  );
  const parameters = encodeDer(
    TAG.SEQUENCE,
    encodeDer(TAG.SEQUENCE, PBKDF2, derivation),
    encodeDer(TAG.SEQUENCE, AES_256_CBC, encodeDer(TAG.OCTET_STRING, iv)),
  );
  return {
    algorithm: encodeDer(TAG.SEQUENCE, PBES2, parameters),
    ciphertext: Buffer.concat([cipher.update(plaintext), cipher.final()]),
  };
}

function oid(content: string): Uint8Array {
  return encodeDer(TAG.OID, Buffer.from(content, "hex"));
}
