import { createHash, createPublicKey } from "node:crypto";
import { AsnConvert, OctetString } from "@peculiar/asn1-schema";
import {
  AlgorithmIdentifier,
  AttributeTypeAndValue,
  AttributeValue,
  BasicConstraints,
  Certificate,
  ExtendedKeyUsage,
  Extension,
  Extensions,
  GeneralName,
  id_ce_basicConstraints,
  id_ce_extKeyUsage,
  id_ce_keyUsage,
  id_ce_subjectAltName,
  id_ce_subjectKeyIdentifier,
  id_kp_clientAuth,
  id_kp_serverAuth,
  KeyUsage,
  KeyUsageFlags,
  Name,
  RelativeDistinguishedName,
  SubjectAlternativeName,
  SubjectKeyIdentifier,
  SubjectPublicKeyInfo,
  TBSCertificate,
  Validity,
  Version,
} from "@peculiar/asn1-x509";
import { checkOptions, FUNCTION, NUMBER, type OptionRules, TEXT } from "../check-options.ts";
import { HandclaspError } from "../errors.ts";
import { readCertificate, type CertificateFacts } from "./certificate-facts.ts";
import { toPem } from "./certificate-description.ts";
import { generateKey } from "./generate-key.ts";
import { IDENTITY_TYPES, type IdentityType } from "./identity-type.ts";
import { signatureAlgorithmOf, signWith } from "./key-signature.ts";
import { JOIN_PROOF } from "./private-extensions.ts";
import { positiveSerial } from "./reissue-certificate.ts";
import { validityOf } from "./time.ts";

export { type ReissuedCertificate, reissueCertificate, type ReissueOptions } from "./reissue-certificate.ts";

export interface CreateIdentityOptions {
  /** The name to claim: a URI, an e-mail address, a DNS name, or any text. */
  readonly name: string;
  /** Default `p256`. */
  readonly type?: IdentityType;
  readonly now: Date;
  /** Default 3650: what counts is the key, and whoever pinned it decides for how long. */
  readonly days?: number;
  /** Further names of a server, for clients that check them; `name` must be a URI or DNS name then. */
  readonly dnsNames?: readonly string[];
  /** Makes the value of the join proof extension for the key that was made (DER SubjectPublicKeyInfo). */
  readonly joinProof?: (spki: Uint8Array) => Uint8Array;
}

const RULES: OptionRules<CreateIdentityOptions> = {
  name: TEXT,
  type: TEXT,
  now: { mustBe: "a Date", allows: (value) => value instanceof Date },
  days: NUMBER,
  dnsNames: { mustBe: "a list of texts", allows: (value) => Array.isArray(value) },
  joinProof: FUNCTION,
};

/** A private key and the self-signed certificate over it. */
export interface CreatedIdentity {
  /** PKCS#8. */
  readonly privateKeyPem: string;
  readonly certificatePem: string;
  readonly facts: CertificateFacts;
}

const COMMON_NAME = "2.5.4.3";

/**
 * Makes a key and a self-signed v3 certificate (RFC 5280 §4.1) that is no CA and serves for both sides of TLS;
 * reading it gives back `name`. Throws ERR_HANDCLASP_OPTION. This file alone imports `@peculiar/asn1-*`, which
 * takes a while: import it only where an identity is made.
 */
export async function createIdentity(options: CreateIdentityOptions): Promise<CreatedIdentity> {
  checkOptions("createIdentity()", options, RULES, ["name", "now"]);
  const { name, type = "p256", now, days, dnsNames = [], joinProof } = options;
  if (name === "" || !name.isWellFormed()) throw unusable("name", "is empty or not Unicode");
  if (!IDENTITY_TYPES.includes(type)) throw unusable("type", `is none of ${IDENTITY_TYPES.join(", ")}`);
  const validity = validityOf(now, days);
  const alternatives = alternativeNames(name, dnsNames);
  const privateKey = await generateKey(type);
  const spki = createPublicKey(privateKey).export({ type: "spki", format: "der" });
  const signatureAlgorithm = AsnConvert.parse(signatureAlgorithmOf(type), AlgorithmIdentifier);
  const tbs = new TBSCertificate({
    version: Version.v3,
    serialNumber: toArrayBuffer(positiveSerial()),
    signature: signatureAlgorithm,
    issuer: named(name),
    validity: new Validity(validity),
    subject: named(name),
    subjectPublicKeyInfo: AsnConvert.parse(spki, SubjectPublicKeyInfo),
    extensions: new Extensions(extensionsFor(alternatives, spki, joinProof?.(spki))),
  });
  const signature = signWith(type, privateKey, new Uint8Array(AsnConvert.serialize(tbs)));
  const certificate = new Certificate({
    tbsCertificate: tbs,
    signatureAlgorithm,
    signatureValue: toArrayBuffer(signature),
  });
  const der = new Uint8Array(AsnConvert.serialize(certificate));
  return {
    privateKeyPem: privateKey.export({ type: "pkcs8", format: "pem" }),
    certificatePem: toPem(der),
    facts: readCertificate(der),
  };
}

function extensionsFor(
  alternatives: GeneralName[],
  spki: Uint8Array,
  joinProof: Uint8Array | undefined,
): Extension[] {
  const keyIdentifier = new SubjectKeyIdentifier(
    toArrayBuffer(createHash("sha256").update(spki).digest().subarray(0, 20)),
  );
  const extensions = [
    extension(id_ce_basicConstraints, true, new BasicConstraints({ cA: false })),
    extension(id_ce_keyUsage, true, new KeyUsage(KeyUsageFlags.digitalSignature)),
    extension(id_ce_extKeyUsage, false, new ExtendedKeyUsage([id_kp_clientAuth, id_kp_serverAuth])),
    extension(id_ce_subjectKeyIdentifier, false, keyIdentifier),
  ];
  if (alternatives.length > 0) {
    extensions.push(extension(id_ce_subjectAltName, false, new SubjectAlternativeName(alternatives)));
  }
  if (joinProof !== undefined) {
    const extnValue = new OctetString(toArrayBuffer(joinProof));
    extensions.push(new Extension({ extnID: JOIN_PROOF.oid, critical: false, extnValue }));
  }
  return extensions;
}

/** The claimed name first. A DNS name beside an e-mail address or plain text would be claimed instead of it. */
function alternativeNames(name: string, dnsNames: readonly string[]): GeneralName[] {
  const first = alternativeName(name);
  if (dnsNames.length > 0 && first?.uniformResourceIdentifier === undefined && first?.dNSName === undefined) {
    throw unusable("dnsNames", "need a name that is itself a URI or DNS name");
  }
  const others = dnsNames.filter((dnsName) => dnsName !== name);
  if (!others.every(isDnsName)) throw unusable("dnsNames", "hold what is no DNS name");
  return [...(first === undefined ? [] : [first]), ...others.map((dNSName) => new GeneralName({ dNSName }))];
}

/** What a name is by its looks; plain text stands in the subject only. */
function alternativeName(name: string): GeneralName | undefined {
  if (!/^[\x21-\x7e]+$/.test(name)) return undefined;
  if (/^[a-z][a-z0-9+.-]*:.+$/i.test(name)) return new GeneralName({ uniformResourceIdentifier: name });
  if (/^[^@]+@[^@]+$/.test(name)) return new GeneralName({ rfc822Name: name });
  return isDnsName(name) ? new GeneralName({ dNSName: name }) : undefined;
}

/** RFC 1123 §2.1: the last label is not all digits, or `10.0.0.1` would be one. */
function isDnsName(name: string): boolean {
  if (name.length > 253 || /(?:^|\.)\d+$/.test(name)) return false;
  return /^(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*$/i.test(name);
}

function extension(extnID: string, critical: boolean, value: object): Extension {
  return new Extension({ extnID, critical, extnValue: new OctetString(AsnConvert.serialize(value)) });
}

function named(name: string): Name {
  const value = new AttributeValue({ utf8String: name });
  return new Name([new RelativeDistinguishedName([new AttributeTypeAndValue({ type: COMMON_NAME, value })])]);
}

function unusable(option: keyof CreateIdentityOptions, problem: string): HandclaspError {
  return new HandclaspError("ERR_HANDCLASP_OPTION", `${option}: ${problem}`, { details: { option } });
}

function toArrayBuffer(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}
