import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import { toPem } from "../../../src/x509/certificate-description.ts";
import { readCertificate } from "../../../src/x509/certificate-facts.ts";
import {
  bitString,
  der,
  extension,
  oid,
  sequence,
  subjectOf,
  utcTime,
  utf8String,
} from "../../x509/support/der-writer.ts";
import type { TestIdentity } from "./identities.ts";

/** A key that signs certificates, and how they name its signatures. */
export interface Authority {
  readonly privateKey: KeyObject;
  readonly spki: Uint8Array;
  readonly algorithm: Uint8Array;
  /** What it signs with whatever it signs: a wrong signature takes as long to verify as a right one. */
  readonly signature?: Uint8Array;
}

/** A client's P-256 key with so many CA certificates behind its own, each signed by the next, all by one key. */
export function costlyChain(authority: Authority, length: number): TestIdentity {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const spki = publicKey.export({ type: "spki", format: "der" });
  const names = Array.from({ length: length + 1 }, (_, at) => `CA ${at}`);
  const leaf = certificate(authority, { subject: "mallory", issuer: "CA 0", spki, isCa: false });
  const authorities = names
    .slice(1)
    .map((issuer, at) =>
      certificate(authority, { subject: names[at] ?? "", issuer, spki: authority.spki, isCa: true }),
    );
  return {
    key: privateKey.export({ type: "pkcs8", format: "pem" }),
    cert: [leaf, ...authorities].map(toPem).join(""),
    facts: readCertificate(leaf),
  };
}

/** As any company has one. */
export function ordinaryAuthority(): Authority {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const spki = publicKey.export({ type: "spki", format: "der" });
  return { privateKey, spki, algorithm: sequence(oid("1.2.840.113549.1.1.11"), der(0x05)) };
}

/** 97 of its signatures took 174 ms to verify. */
export function binaryCurveAuthority(): Authority {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "sect571r1" });
  const spki = publicKey.export({ type: "spki", format: "der" });
  return { privateKey, spki, algorithm: sequence(oid("1.2.840.10045.4.3.2")) };
}

/** RSA-3072 whose public exponent is as long as its modulus: 69 of its signatures took 306 ms to verify. */
export function longExponentAuthority(): Authority {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 3072 });
  const jwk = privateKey.export({ format: "jwk" });
  const [p, q] = [toNumber(jwk.p), toNumber(jwk.q)];
  const phi = (p - 1n) * (q - 1n);
  let exponent: bigint;
  let inverse: bigint | undefined;
  do {
    exponent = (toNumber(randomBytes(384).toString("base64url")) >> 3n) | (1n << 3068n) | 1n;
    inverse = inverseOf(exponent, phi);
  } while (inverse === undefined);
  const changed = {
    ...jwk,
    e: toText(exponent),
    d: toText(inverse),
    dp: toText(inverse % (p - 1n)),
    dq: toText(inverse % (q - 1n)),
  };
  const key = createPrivateKey({ format: "jwk", key: changed });
  const spki = sequence(
    sequence(oid("1.2.840.113549.1.1.1"), der(0x05)),
    bitString(sequence(integer(toNumber(jwk.n)), integer(exponent))),
  );
  return { privateKey: key, spki, algorithm: sequence(oid("1.2.840.113549.1.1.11"), der(0x05)) };
}

/** A client with so many names, and three CAs behind it that each constrain names in so many ways: URIs, the costliest. */
export function constrainedChain(authority: Authority, names: number, constraints: number): TestIdentity {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const spki = publicKey.export({ type: "spki", format: "der" });
  const own = der(0x86, Buffer.from(`a://${randomBytes(4).toString("hex")}`));
  const uri = der(0x86, Buffer.from("a://a"));
  const forbidden = sequence(der(0x86, Buffer.from("b")));
  const [named, constrained] = [
    extension("2.5.29.17", sequence(own, ...Array.from({ length: names }, () => uri))),
    extension("2.5.29.30", sequence(der(0xa1, ...Array.from({ length: constraints }, () => forbidden)))),
  ];
  const leaf = certificate(authority, { subject: "bo", issuer: "CA 0", spki, isCa: false, more: named });
  const authorities = [0, 1, 2].map((at) =>
    certificate(authority, {
      subject: `CA ${at}`,
      issuer: `CA ${at + 1}`,
      spki: authority.spki,
      isCa: true,
      more: constrained,
    }),
  );
  return {
    key: privateKey.export({ type: "pkcs8", format: "pem" }),
    cert: [leaf, ...authorities].map(toPem).join(""),
    facts: readCertificate(leaf),
  };
}

interface Names {
  readonly subject: string;
  readonly issuer: string;
  readonly spki: Uint8Array;
  readonly isCa: boolean;
  /** Another extension. */
  readonly more?: Uint8Array;
}

function certificate(
  { privateKey, algorithm, signature }: Authority,
  { subject, issuer, spki, isCa, more }: Names,
): Uint8Array {
  const extensions = isCa ? [extension("2.5.29.19", sequence(der(0x01, Uint8Array.of(0xff))))] : [];
  if (more !== undefined) extensions.push(more);
  const tbs = sequence(
    der(0xa0, der(0x02, Uint8Array.of(2))),
    der(0x02, Uint8Array.of(0x42)),
    algorithm,
    subjectOf(utf8String(issuer)),
    sequence(utcTime("250101000000Z"), utcTime("491231235959Z")),
    subjectOf(utf8String(subject)),
    spki,
    ...(extensions.length > 0 ? [der(0xa3, sequence(...extensions))] : []),
  );
  return sequence(tbs, algorithm, bitString(signature ?? sign("sha256", tbs, privateKey)));
}

function integer(value: bigint): Uint8Array {
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex");
  return der(0x02, (bytes[0] ?? 0) < 0x80 ? bytes : Buffer.concat([Uint8Array.of(0), bytes]));
}

function toNumber(text: string | undefined): bigint {
  return BigInt(`0x${Buffer.from(text ?? "", "base64url").toString("hex")}`);
}

function toText(value: bigint): string {
  const hex = value.toString(16);
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex").toString("base64url");
}

/** The extended Euclidean algorithm; undefined when the two have a common factor. */
function inverseOf(value: bigint, modulus: bigint): bigint | undefined {
  let [former, current] = [modulus, value % modulus];
  let [formerFactor, factor] = [0n, 1n];
  while (current > 0n) {
    const quotient = former / current;
    [former, current] = [current, former - quotient * current];
    [formerFactor, factor] = [factor, formerFactor - quotient * factor];
  }
  if (former !== 1n) return undefined;
  return formerFactor < 0n ? formerFactor + modulus : formerFactor;
}
