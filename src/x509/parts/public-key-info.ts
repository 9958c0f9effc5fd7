import { HandclaspError } from "../../errors.ts";
import { DerReader, TAG, toOid } from "../der/der.ts";

/** The key types a peer may have: RSA of 2048 to 8192 bits, the NIST curves, EdDSA, ML-DSA. */
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

const RSA_BITS_LEAST = 2048;
const RSA_BITS_MOST = 8192;
const RSA_EXPONENT_MOST_BYTES = 8;

/** Key types whose public key has one length, in bytes of the BIT STRING after its first. */
const FIXED: Readonly<Record<string, readonly [KeyType, number]>> = {
  "1.3.101.112": ["ed25519", 32],
  "1.3.101.113": ["ed448", 57],
  "2.16.840.1.101.3.4.3.17": ["ml-dsa-44", 1312],
  "2.16.840.1.101.3.4.3.18": ["ml-dsa-65", 1952],
  "2.16.840.1.101.3.4.3.19": ["ml-dsa-87", 2592],
};

/** Named curves (RFC 5480 §2.1.1.1) and the bytes of one coordinate. */
const CURVES: Readonly<Record<string, readonly [KeyType, number]>> = {
  "1.2.840.10045.3.1.7": ["p256", 32],
  "1.3.132.0.34": ["p384", 48],
  "1.3.132.0.35": ["p521", 66],
};

const RSA: Readonly<Record<string, KeyType>> = {
  "1.2.840.113549.1.1.1": "rsa",
  "1.2.840.113549.1.1.10": "rsa-pss",
};
const EC_PUBLIC_KEY = "1.2.840.10045.2.1";

/**
 * The type of the key in a DER SubjectPublicKeyInfo (RFC 5280 §4.1.2.7). Throws ERR_HANDCLASP_KEY_UNSUPPORTED
 * for types and sizes out of bounds: no mathematics is done with a key that did not pass here. Each key has one
 * encoding only (but for compressed points and the parameters of RSA), so that it has one pin. `where` is what
 * errors call it.
 */
export function keyTypeOf(spki: Uint8Array, where = "spki"): KeyType {
  const outer = onlyValue(spki, where, "subjectPublicKeyInfo");
  const algorithm = outer.inside(TAG.SEQUENCE, "algorithm");
  const oid = toOid(algorithm.content(TAG.OID, "algorithm"));
  const bits = outer.content(TAG.BIT_STRING, "subjectPublicKey");
  outer.end();
  if (bits[0] !== 0) throw outer.malformed("has unused bits", "subjectPublicKey");
  const key = bits.subarray(1);

  const rsa = RSA[oid];
  if (rsa !== undefined) {
    passRsaParameters(algorithm, rsa);
    return boundedRsa(key, where, rsa);
  }
  if (oid === EC_PUBLIC_KEY) {
    if (algorithm.peek() !== TAG.OID) throw unsupported("an elliptic curve given by its parameters");
    const curve = toOid(algorithm.content(TAG.OID, "namedCurve"));
    algorithm.end();
    return onNamedCurve(key, curve);
  }
  const [type, length] = FIXED[oid] ?? [];
  if (type === undefined) throw unsupported(`a key of type ${oid === "" ? "unknown" : oid}`);
  algorithm.end();
  if (key.length !== length)
    throw outer.malformed(`needs ${length} bytes, has ${key.length}`, "subjectPublicKey");
  return type;
}

function onNamedCurve(point: Uint8Array, curve: string): KeyType {
  const [type, size] = CURVES[curve] ?? [];
  if (type === undefined || size === undefined) throw unsupported(`a key on the curve ${curve}`);
  const uncompressed = point[0] === 4 && point.length === 1 + 2 * size;
  const compressed = (point[0] === 2 || point[0] === 3) && point.length === 1 + size;
  if (!uncompressed && !compressed) throw unsupported(`a point of ${point.length} bytes on ${type}`);
  return type;
}

/** NULL for plain RSA (RFC 3279 §2.3.1), which some leave out; nothing or a sequence for RSA-PSS (RFC 4055 §3.1). */
function passRsaParameters(algorithm: DerReader, type: KeyType): void {
  if (type === "rsa-pss") algorithm.skipOptional(TAG.SEQUENCE, "parameters");
  else if (!algorithm.isEmpty && algorithm.content(TAG.NULL, "parameters").length > 0)
    throw algorithm.malformed("is not empty", "parameters");
  algorithm.end();
}

/** RFC 8017 §A.1.1. */
function boundedRsa(key: Uint8Array, where: string, type: KeyType): KeyType {
  const reader = onlyValue(key, where, "rsaPublicKey");
  const modulus = positiveInteger(reader, "modulus");
  const exponent = positiveInteger(reader, "publicExponent");
  reader.end();
  const bits = bitLength(modulus);
  if (bits < RSA_BITS_LEAST || bits > RSA_BITS_MOST) throw unsupported(`an RSA key of ${bits} bits`);
  const odd = ((exponent.at(-1) ?? 0) & 1) === 1;
  if (exponent.length > RSA_EXPONENT_MOST_BYTES || !odd || bitLength(exponent) < 2)
    throw unsupported("an RSA key with an exponent out of bounds");
  return type;
}

/** A reader inside a sequence that nothing follows. */
function onlyValue(bytes: Uint8Array, where: string, field: string): DerReader {
  const reader = new DerReader(bytes, where);
  const inside = reader.inside(TAG.SEQUENCE, field);
  reader.end();
  return inside;
}

/** X.690 §8.3.2: no byte more than it takes. */
function positiveInteger(reader: DerReader, field: string): Uint8Array {
  const content = reader.content(TAG.INTEGER, field);
  const [first = 0x80, second = 0] = content;
  if (first >= 0x80 || (first === 0 && second < 0x80))
    throw reader.malformed("is no positive integer in its shortest form", field);
  return content;
}

function bitLength(integer: Uint8Array): number {
  let at = 0;
  while (at < integer.length && integer[at] === 0) at++;
  const first = integer[at];
  return first === undefined ? 0 : (integer.length - at) * 8 - (Math.clz32(first) - 24);
}

function unsupported(what: string): HandclaspError {
  return new HandclaspError("ERR_HANDCLASP_KEY_UNSUPPORTED", `${what} is not supported`, {
    hint: "RSA 2048 to 8192, P-256, P-384, P-521, Ed25519, Ed448 and ML-DSA are",
  });
}
