import { Buffer } from "node:buffer";
import { generateKeyPairSync } from "node:crypto";

/** One DER value; the length in its shortest form. */
export function der(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const content = Buffer.concat(parts);
  return Buffer.concat([Uint8Array.of(tag), derLength(content.length), content]);
}

export function derLength(length: number): Uint8Array {
  if (length < 0x80) return Uint8Array.of(length);
  const hex = length.toString(16);
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex");
  return Buffer.concat([Uint8Array.of(0x80 | bytes.length), bytes]);
}

export function sequence(...parts: readonly Uint8Array[]): Uint8Array {
  return der(0x30, ...parts);
}

/** The whole value, tag and length with it. */
export function oid(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...others] = dotted.split(".").map(Number);
  return der(0x06, Uint8Array.from([first * 40 + second, ...others].flatMap(base128)));
}

export function ascii(text: string): Uint8Array {
  return Buffer.from(text, "latin1");
}

export function utcTime(text: string): Uint8Array {
  return der(0x17, ascii(text));
}

export function generalizedTime(text: string): Uint8Array {
  return der(0x18, ascii(text));
}

export function bitString(content: Uint8Array, unusedBits = 0): Uint8Array {
  return der(0x03, Uint8Array.of(unusedBits), content);
}

/** A subject with one CN for each value, each in an RDN of its own. */
export function subjectOf(...commonNames: readonly Uint8Array[]): Uint8Array {
  return sequence(...commonNames.map((value) => der(0x31, sequence(oid("2.5.4.3"), value))));
}

export function utf8String(text: string): Uint8Array {
  return der(0x0c, Buffer.from(text));
}

export const GENERAL_NAME = { email: 0x81, dns: 0x82, uri: 0x86, ip: 0x87 } as const;

/** A subjectAltName extension; the text in Latin-1, as it stands. */
export function alternativeNames(
  ...names: readonly (readonly [keyof typeof GENERAL_NAME, string])[]
): Uint8Array {
  const list = names.map(([kind, text]) => der(GENERAL_NAME[kind], ascii(text)));
  return extension("2.5.29.17", sequence(...list));
}

export function extension(type: string, value: Uint8Array): Uint8Array {
  return sequence(oid(type), der(0x04, value));
}

/** An RSA SubjectPublicKeyInfo over any numbers at all: nobody has its private key. */
export function rsaSpki(modulus: Uint8Array, exponent: Uint8Array = Uint8Array.of(1, 0, 1)): Uint8Array {
  const key = sequence(der(0x02, modulus), der(0x02, exponent));
  return sequence(sequence(oid("1.2.840.113549.1.1.1"), der(0x05)), bitString(key));
}

/** A positive odd number of so many bits, as the content of an INTEGER. */
export function modulusOf(bits: number): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(bits / 8)).fill(0xa5);
  bytes[0] = 1 << ((bits - 1) % 8);
  return bits % 8 === 0 ? Buffer.concat([Uint8Array.of(0), bytes]) : bytes;
}

export const P256_SPKI: Uint8Array = generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey.export({
  type: "spki",
  format: "der",
});

export interface CertificateParts {
  readonly notBefore?: Uint8Array;
  readonly notAfter?: Uint8Array;
  readonly subject?: Uint8Array;
  readonly spki?: Uint8Array;
  readonly extensions?: readonly Uint8Array[];
  /** What follows the last field of TBSCertificate. */
  readonly more?: Uint8Array;
}

/** A certificate whose signature nobody made; what is not given is sound. */
export function certificateOf(parts: CertificateParts = {}): Uint8Array {
  const { notBefore = utcTime("250101000000Z"), notAfter = utcTime("491231235959Z") } = parts;
  const { subject = subjectOf(utf8String("anna")), spki = P256_SPKI, extensions = [] } = parts;
  const algorithm = sequence(oid("1.2.840.10045.4.3.2"));
  const signature = sequence(der(0x02, Uint8Array.of(1)), der(0x02, Uint8Array.of(1)));
  const tbs = sequence(
    der(0xa0, der(0x02, Uint8Array.of(2))),
    der(0x02, Uint8Array.of(0x42)),
    algorithm,
    subjectOf(utf8String("issuer")),
    sequence(notBefore, notAfter),
    subject,
    spki,
    ...(extensions.length > 0 ? [der(0xa3, sequence(...extensions))] : []),
    parts.more ?? new Uint8Array(),
  );
  return sequence(tbs, algorithm, bitString(signature));
}

function base128(arc: number): readonly number[] {
  const digits = [arc % 128];
  for (let rest = Math.floor(arc / 128); rest > 0; rest = Math.floor(rest / 128))
    digits.unshift(0x80 | (rest % 128));
  return digits;
}
