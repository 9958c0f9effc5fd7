import { DerReader, TAG, toOid } from "../../x509/der/der.ts";

/** Which kind of key a SubjectPublicKeyInfo holds, be it one that we take or not. */
export interface ShownKey {
  /** `RSA`, `RSA-PSS`, `EC`, `EdDSA`, `ML-DSA`, `DSA`, or `other`. */
  readonly family: "RSA" | "RSA-PSS" | "EC" | "EdDSA" | "ML-DSA" | "DSA" | "other";
  /** For people: `RSA of 1024 bits`, `P-256`, `an elliptic curve given by its parameters`. */
  readonly name: string;
  /** Of RSA and DSA, the length of the modulus. */
  readonly bits?: number;
}

const CURVES: Readonly<Record<string, string>> = {
  "1.2.840.10045.3.1.1": "P-192",
  "1.2.840.10045.3.1.7": "P-256",
  "1.3.132.0.10": "secp256k1",
  "1.3.132.0.33": "P-224",
  "1.3.132.0.34": "P-384",
  "1.3.132.0.35": "P-521",
  "1.3.36.3.3.2.8.1.1.7": "brainpoolP256r1",
  "1.3.36.3.3.2.8.1.1.11": "brainpoolP384r1",
  "1.3.36.3.3.2.8.1.1.13": "brainpoolP512r1",
};

const OTHERS: Readonly<Record<string, ShownKey>> = {
  "1.3.101.112": { family: "EdDSA", name: "Ed25519" },
  "1.3.101.113": { family: "EdDSA", name: "Ed448" },
  "2.16.840.1.101.3.4.3.17": { family: "ML-DSA", name: "ML-DSA-44" },
  "2.16.840.1.101.3.4.3.18": { family: "ML-DSA", name: "ML-DSA-65" },
  "2.16.840.1.101.3.4.3.19": { family: "ML-DSA", name: "ML-DSA-87" },
};

const RSA = "1.2.840.113549.1.1.1";
const RSA_PSS = "1.2.840.113549.1.1.10";
const EC = "1.2.840.10045.2.1";
const DSA = "1.2.840.10040.4.1";

/** What can be told of a key without any mathematics. Throws ERR_HANDCLASP_MALFORMED when it is none. */
export function readShownKey(spki: Uint8Array): ShownKey {
  const outer = new DerReader(spki, "spki").inside(TAG.SEQUENCE, "subjectPublicKeyInfo");
  const algorithm = outer.inside(TAG.SEQUENCE, "algorithm");
  const oid = toOid(algorithm.content(TAG.OID, "algorithm"));
  const key = outer.content(TAG.BIT_STRING, "subjectPublicKey").subarray(1);
  switch (oid) {
    case RSA:
    case RSA_PSS: {
      const bits = firstIntegerBits(key);
      return { family: oid === RSA ? "RSA" : "RSA-PSS", name: `RSA of ${bits} bits`, bits };
    }
    case EC: {
      if (algorithm.peek() !== TAG.OID)
        return { family: "EC", name: "an elliptic curve given by its parameters" };
      const curve = toOid(algorithm.content(TAG.OID, "namedCurve"));
      return { family: "EC", name: CURVES[curve] ?? `the curve ${curve}` };
    }
    case DSA: {
      if (algorithm.isEmpty) return { family: "DSA", name: "DSA" };
      const bits = firstIntegerBits(algorithm.whole(TAG.SEQUENCE, "parameters"));
      return { family: "DSA", name: `DSA of ${bits} bits`, bits };
    }
    default:
      return OTHERS[oid] ?? { family: "other", name: `a key of type ${oid}` };
  }
}

/** Of the first INTEGER in a SEQUENCE: RFC 8017 §A.1.1 modulus, RFC 3279 §2.3.2 p. */
function firstIntegerBits(sequence: Uint8Array): number {
  const content = new DerReader(sequence, "key").inside(TAG.SEQUENCE, "key").content(TAG.INTEGER, "integer");
  let at = 0;
  while (content[at] === 0) at++;
  const first = content[at];
  return first === undefined ? 0 : (content.length - at) * 8 - (Math.clz32(first) - 24);
}
