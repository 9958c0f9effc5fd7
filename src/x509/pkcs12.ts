import { createHmac, hash, type KeyObject, randomBytes } from "node:crypto";
import { HandclaspError } from "../errors.ts";
import { TAG } from "./der/der.ts";
import { encodeDer, integerContent } from "./der/encode-der.ts";
import { encryptPrivateKey, encryptUnder } from "./encrypt-private-key.ts";

export interface Pkcs12Options {
  readonly privateKey: KeyObject;
  /** DER: the key's own first, what signed it after it. */
  readonly certificates: readonly [Uint8Array, ...Uint8Array[]];
  /** What programs list it under. */
  readonly name: string;
  /** Printable ASCII: programs do not agree on how anything else is encoded. */
  readonly passphrase: string;
}

const MAC_ITERATIONS = 600_000;
const SALT_BYTES = 16;
/** Of SHA-256, in bytes. */
const HASH_BYTES = 32;
const BLOCK_BYTES = 64;
/** RFC 7292 §B.3: what the derived bytes are for. */
const MAC_KEY = 3;

const CONTEXT_0 = 0xa0;
const IMPLICIT_0 = 0x80;
const BMP_STRING = 0x1e;

/** RFC 7292 §4.2, §4.2.3, RFC 2985 §5.5, RFC 5652 §4 and §8, RFC 5754 §2.2. */
const OID = {
  data: oid("2a864886f70d010701"),
  encryptedData: oid("2a864886f70d010706"),
  shroudedKeyBag: oid("2a864886f70d010c0a0102"),
  certBag: oid("2a864886f70d010c0a0103"),
  x509Certificate: oid("2a864886f70d01091601"),
  friendlyName: oid("2a864886f70d010914"),
  localKeyId: oid("2a864886f70d010915"),
  sha256: oid("608648016503040201"),
};

/**
 * A key and its certificates as browsers and Java import them (PFX, RFC 7292 §4): both encrypted by PBES2, AES-256-CBC,
 * the whole under an HMAC-SHA-256. Takes about a second. Throws ERR_HANDCLASP_PASSPHRASE.
 */
export function createPkcs12({ privateKey, certificates, name, passphrase }: Pkcs12Options): Uint8Array {
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
  const keyBag = bag(OID.shroudedKeyBag, encryptPrivateKey(privateKey, passphrase), attributes);
  const [leaf, ...issuers] = certificates;
  const certBags = [certBag(leaf, attributes), ...issuers.map((certificate) => certBag(certificate))];
  const safe = sequence(
    encryptedContent(sequence(...certBags), passphrase),
    contentInfo(OID.data, encodeDer(TAG.OCTET_STRING, sequence(keyBag))),
  );
  return sequence(
    integer(3),
    contentInfo(OID.data, encodeDer(TAG.OCTET_STRING, safe)),
    macData(safe, passphrase),
  );
}

/** RFC 7292 §4: an HMAC over the AuthenticatedSafe. */
function macData(safe: Uint8Array, passphrase: string): Uint8Array {
  const salt = randomBytes(SALT_BYTES);
  const mac = createHmac("sha256", deriveMacKey(passphrase, salt)).update(safe).digest();
  const algorithm = sequence(OID.sha256, encodeDer(TAG.NULL));
  const digestInfo = sequence(algorithm, encodeDer(TAG.OCTET_STRING, mac));
  return sequence(digestInfo, encodeDer(TAG.OCTET_STRING, salt), integer(MAC_ITERATIONS));
}

/** RFC 7292 §B.2 with SHA-256: one hash is as long as the key, so that steps 6.B and 6.C are never reached. */
function deriveMacKey(passphrase: string, salt: Uint8Array): Uint8Array {
  const diversifier = Buffer.alloc(BLOCK_BYTES, MAC_KEY);
  const terminated = Buffer.concat([toBmp(passphrase), Buffer.alloc(2)]);
  let key: Buffer = Buffer.concat([diversifier, repeated(salt), repeated(terminated)]);
  for (let round = 0; round < MAC_ITERATIONS; round++) key = hash("sha256", key, "buffer");
  return key.subarray(0, HASH_BYTES);
}

/** As often as it takes to fill whole blocks, cut at the end of the last. */
function repeated(bytes: Uint8Array): Uint8Array {
  const length = BLOCK_BYTES * Math.ceil(bytes.length / BLOCK_BYTES);
  return Buffer.alloc(length, bytes);
}

function encryptedContent(plaintext: Uint8Array, passphrase: string): Uint8Array {
  const { algorithm, ciphertext } = encryptUnder(passphrase, plaintext);
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

/** UTF-16, the high byte first. */
function toBmp(text: string): Uint8Array {
  return Buffer.from(text, "utf16le").swap16();
}
