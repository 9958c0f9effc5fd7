import { createHmac, hash, type KeyObject, randomBytes } from "node:crypto";
import { HandclaspError } from "../errors.ts";
import { TAG } from "./der/der.ts";
import { encodeDer, integerContent } from "./der/encode-der.ts";
import { derivePkcs12Key, toBmp } from "./derive-pkcs12-key.ts";
import { encryptForOlderSystems, OLDER_ROUNDS, OLDER_SALT_BYTES } from "./encrypt-for-older-systems.ts";
import { type Encrypted, encryptPrivateKey, encryptUnder } from "./encrypt-private-key.ts";

export interface Pkcs12Options {
  readonly privateKey: KeyObject;
  /** DER: the key's own first, what signed it after it. */
  readonly certificates: readonly [Uint8Array, ...Uint8Array[]];
  /** What programs list it under. */
  readonly name: string;
  /** Printable ASCII: programs do not agree on how anything else is encoded. */
  readonly passphrase: string;
  /** Weak: 3DES and SHA-1 with 2048 rounds, which is all that macOS, Android up to 13 and Windows opened for long. */
  readonly dangerouslyCompatible?: boolean;
}

/** How the two halves are encrypted, and what the MAC over both is made with. */
interface Protection {
  readonly encrypt: typeof encryptUnder;
  readonly digest: "sha1" | "sha256";
  readonly rounds: number;
  readonly saltBytes: number;
}

const USUAL: Protection = { encrypt: encryptUnder, digest: "sha256", rounds: 600_000, saltBytes: 16 };
const COMPATIBLE: Protection = {
  encrypt: encryptForOlderSystems,
  digest: "sha1",
  rounds: OLDER_ROUNDS,
  saltBytes: OLDER_SALT_BYTES,
};
/** In bytes. */
const HASH_LENGTHS = { sha1: 20, sha256: 32 } as const;

const CONTEXT_0 = 0xa0;
const IMPLICIT_0 = 0x80;
const BMP_STRING = 0x1e;

/** RFC 7292 §4.2, §4.2.3, RFC 2985 §5.5, RFC 5652 §4 and §8, RFC 3370 §2.1, RFC 5754 §2.2. */
const OID = {
  data: oid("2a864886f70d010701"),
  encryptedData: oid("2a864886f70d010706"),
  shroudedKeyBag: oid("2a864886f70d010c0a0102"),
  certBag: oid("2a864886f70d010c0a0103"),
  x509Certificate: oid("2a864886f70d01091601"),
  friendlyName: oid("2a864886f70d010914"),
  localKeyId: oid("2a864886f70d010915"),
  sha1: oid("2b0e03021a"),
  sha256: oid("608648016503040201"),
};

/**
 * A key and its certificates as browsers and Java import them (PFX, RFC 7292 §4): both encrypted by PBES2, AES-256-CBC,
 * the whole under an HMAC-SHA-256, unless it is to be compatible. Takes about a second. Throws ERR_HANDCLASP_PASSPHRASE.
 */
export function createPkcs12(options: Pkcs12Options): Uint8Array {
  const { privateKey, certificates, name, passphrase } = options;
  const protection = options.dangerouslyCompatible === true ? COMPATIBLE : USUAL;
  if (!/^[\x20-\x7e]+$/.test(passphrase)) {
    throw new HandclaspError("ERR_HANDCLASP_PASSPHRASE", "the passphrase of a PKCS #12 file must be ASCII", {
      hint: "programs that import it do not agree on how other characters are encoded",
    });
  }
  const keyId = Buffer.from(hash("sha256", certificates[0], "hex"), "hex");
  const attributes = encodeDer(
    TAG.SET,
    attribute(OID.friendlyName, encodeDer(BMP_STRING, toBmp(name))),
    attribute(OID.localKeyId, encodeDer(TAG.OCTET_STRING, keyId)),
  );
  const keyBag = bag(
    OID.shroudedKeyBag,
    encryptPrivateKey(privateKey, passphrase, protection.encrypt),
    attributes,
  );
  const [leaf, ...issuers] = certificates;
  const certBags = [certBag(leaf, attributes), ...issuers.map((certificate) => certBag(certificate))];
  const safe = sequence(
    encryptedContent(protection.encrypt(passphrase, sequence(...certBags))),
    contentInfo(OID.data, encodeDer(TAG.OCTET_STRING, sequence(keyBag))),
  );
  return sequence(
    integer(3),
    contentInfo(OID.data, encodeDer(TAG.OCTET_STRING, safe)),
    macData(safe, passphrase, protection),
  );
}

/** RFC 7292 §4: an HMAC over the AuthenticatedSafe. */
function macData(
  safe: Uint8Array,
  passphrase: string,
  { digest, rounds, saltBytes }: Protection,
): Uint8Array {
  const salt = randomBytes(saltBytes);
  const length = HASH_LENGTHS[digest];
  const key = derivePkcs12Key({ digest, purpose: "mac", passphrase, salt, rounds, length });
  const mac = createHmac(digest, key).update(safe).digest();
  const algorithm = sequence(OID[digest], encodeDer(TAG.NULL));
  const digestInfo = sequence(algorithm, encodeDer(TAG.OCTET_STRING, mac));
  return sequence(digestInfo, encodeDer(TAG.OCTET_STRING, salt), integer(rounds));
}

function encryptedContent({ algorithm, ciphertext }: Encrypted): Uint8Array {
  const content = sequence(OID.data, algorithm, encodeDer(IMPLICIT_0, ciphertext));
  return contentInfo(OID.encryptedData, sequence(integer(0), content));
}

function certBag(certificate: Uint8Array, attributes?: Uint8Array): Uint8Array {
  const content = encodeDer(CONTEXT_0, encodeDer(TAG.OCTET_STRING, certificate));
  return bag(OID.certBag, sequence(OID.x509Certificate, content), attributes);
}

function bag(type: Uint8Array, value: Uint8Array, attributes?: Uint8Array): Uint8Array {
  return sequence(type, encodeDer(CONTEXT_0, value), ...(attributes === undefined ? [] : [attributes]));
}

function attribute(type: Uint8Array, value: Uint8Array): Uint8Array {
  return sequence(type, encodeDer(TAG.SET, value));
}

function contentInfo(type: Uint8Array, content: Uint8Array): Uint8Array {
  return sequence(type, encodeDer(CONTEXT_0, content));
}

function sequence(...parts: readonly Uint8Array[]): Uint8Array {
  return encodeDer(TAG.SEQUENCE, ...parts);
}

function integer(value: number): Uint8Array {
  return encodeDer(TAG.INTEGER, integerContent(value));
}

function oid(content: string): Uint8Array {
  return encodeDer(TAG.OID, Buffer.from(content, "hex"));
}
