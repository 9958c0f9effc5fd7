import { hash } from "node:crypto";
import type { KeyPin } from "../../trust/records/key-record.ts";
import { DerReader, sameBytes, TAG, toOid } from "../../x509/der/der.ts";
import {
  EXT_KEY_USAGE,
  KEY_USAGE,
  SUBJECT_ALT_NAME,
  SUBJECT_KEY_IDENTIFIER,
} from "../../x509/parts/extensions.ts";
import { ENDORSEMENT, JOIN_PROOF } from "../../x509/parts/private-extensions.ts";
import { readTime } from "../../x509/der/time.ts";
import { readShownKey, type ShownKey } from "./shown-key.ts";
import { signatureName } from "./signature-name.ts";

/** The content of the OID 2.5.29.35. */
const AUTHORITY_KEY_IDENTIFIER = Uint8Array.of(0x55, 0x1d, 0x23);

const VERSION = 0xa0;
const ISSUER_UNIQUE_ID = 0x81;
const SUBJECT_UNIQUE_ID = 0x82;
const EXTENSIONS = 0xa3;
const AKI_KEY_ID = 0x80;
const DNS = 0x82;
const IP = 0x87;

/**
 * What an explanation needs of a certificate that somebody showed to somebody. Unlike what a verdict goes by, it is
 * read as far as it goes: a key that we would not take, or a date that is none, is a fact of it.
 */
export interface ShownCertificate {
  /** DER Names. */
  readonly subject: Uint8Array;
  readonly issuer: Uint8Array;
  /** Milliseconds since 1970; undefined when they cannot be read. */
  readonly notBefore: number | undefined;
  readonly notAfter: number | undefined;
  readonly key: ShownKey;
  readonly pin: KeyPin;
  /** `sha1WithRSAEncryption`. */
  readonly signature: string;
  /** It names itself as its issuer, and no other key. */
  readonly isSelfSigned: boolean;
  /** OIDs; undefined without the extension: any purpose. RFC 5280 §4.2.1.12. */
  readonly extendedKeyUsage: readonly string[] | undefined;
  /** The first byte of the bits; undefined without the extension: any use. RFC 5280 §4.2.1.3. */
  readonly keyUsage: number | undefined;
  readonly dnsNames: readonly string[];
  /** Bytes of each. */
  readonly ipAddresses: readonly Uint8Array[];
  /** It has an extension that only handclasp writes. */
  readonly isHandclasp: boolean;
}

/** Undefined when it is no certificate. RFC 5280 §4.1. */
export function readShownCertificate(der: Uint8Array): ShownCertificate | undefined {
  try {
    return read(der);
  } catch {
    return undefined;
  }
}

/** The pin and kind of a key that was shown bare (RFC 7250); undefined when it is none. */
export function readBareKey(spki: Uint8Array): { readonly pin: KeyPin; readonly key: ShownKey } | undefined {
  try {
    return { pin: pinOf(spki), key: readShownKey(spki) };
  } catch {
    return undefined;
  }
}

function read(der: Uint8Array): ShownCertificate {
  const certificate = new DerReader(der, "x509").inside(TAG.SEQUENCE, "certificate");
  const tbs = certificate.inside(TAG.SEQUENCE, "tbsCertificate");
  tbs.skipOptional(VERSION, "version");
  tbs.next("serialNumber");
  const signature = toOid(tbs.inside(TAG.SEQUENCE, "signature").content(TAG.OID, "algorithm"));
  const issuer = tbs.whole(TAG.SEQUENCE, "issuer");
  const validity = tbs.inside(TAG.SEQUENCE, "validity");
  const [notBefore, notAfter] = [timeOf(validity, "notBefore"), timeOf(validity, "notAfter")];
  const subject = tbs.whole(TAG.SEQUENCE, "subject");
  const spki = tbs.whole(TAG.SEQUENCE, "subjectPublicKeyInfo");
  tbs.skipOptional(ISSUER_UNIQUE_ID, "issuerUniqueID");
  tbs.skipOptional(SUBJECT_UNIQUE_ID, "subjectUniqueID");
  const extensions = extensionsOf(tbs);
  const { authorityKeyId, subjectKeyId, ...others } = extensions;
  const isOtherKey =
    authorityKeyId !== undefined && subjectKeyId !== undefined && !sameBytes(authorityKeyId, subjectKeyId);
  return {
    subject,
    issuer,
    notBefore,
    notAfter,
    key: keyOf(spki),
    pin: pinOf(spki),
    signature: signatureName(signature),
    isSelfSigned: sameBytes(subject, issuer) && !isOtherKey,
    ...others,
  };
}

function pinOf(spki: Uint8Array): KeyPin {
  return `sha256:${hash("sha256", spki, "base64")}`;
}

function keyOf(spki: Uint8Array): ShownKey {
  try {
    return readShownKey(spki);
  } catch {
    return { family: "other", name: "a key that cannot be read" };
  }
}

/** Passes over the next value, whatever it is. */
function timeOf(validity: DerReader, field: string): number | undefined {
  try {
    return readTime(validity, field);
  } catch {
    return undefined;
  }
}

interface FoundExtensions {
  extendedKeyUsage: readonly string[] | undefined;
  keyUsage: number | undefined;
  dnsNames: readonly string[];
  ipAddresses: readonly Uint8Array[];
  isHandclasp: boolean;
  authorityKeyId: Uint8Array | undefined;
  subjectKeyId: Uint8Array | undefined;
}

function extensionsOf(tbs: DerReader): FoundExtensions {
  const found: FoundExtensions = {
    extendedKeyUsage: undefined,
    keyUsage: undefined,
    dnsNames: [],
    ipAddresses: [],
    isHandclasp: false,
    authorityKeyId: undefined,
    subjectKeyId: undefined,
  };
  if (tbs.peek() !== EXTENSIONS) return found;
  const extensions = tbs.inside(EXTENSIONS, "extensions").inside(TAG.SEQUENCE, "extensions");
  while (!extensions.isEmpty) {
    const extension = extensions.inside(TAG.SEQUENCE, "extension");
    const oid = extension.content(TAG.OID, "extnID");
    extension.skipOptional(TAG.BOOLEAN, "critical");
    try {
      takeExtension(oid, extension.content(TAG.OCTET_STRING, "extnValue"), found);
    } catch {
      // One that cannot be read says nothing.
    }
  }
  return found;
}

function takeExtension(oid: Uint8Array, value: Uint8Array, found: FoundExtensions): void {
  const reader = new DerReader(value, "extension");
  if (sameBytes(oid, EXT_KEY_USAGE)) {
    const usages = reader.inside(TAG.SEQUENCE, "purposes");
    const oids: string[] = [];
    while (!usages.isEmpty) oids.push(toOid(usages.content(TAG.OID, "purpose")));
    found.extendedKeyUsage = oids;
  } else if (sameBytes(oid, KEY_USAGE)) {
    found.keyUsage = reader.content(TAG.BIT_STRING, "keyUsage")[1] ?? 0;
  } else if (sameBytes(oid, SUBJECT_ALT_NAME)) {
    takeNames(reader.inside(TAG.SEQUENCE, "generalNames"), found);
  } else if (sameBytes(oid, SUBJECT_KEY_IDENTIFIER)) {
    found.subjectKeyId = reader.content(TAG.OCTET_STRING, "keyIdentifier");
  } else if (sameBytes(oid, AUTHORITY_KEY_IDENTIFIER)) {
    const identifier = reader.inside(TAG.SEQUENCE, "authorityKeyIdentifier");
    if (identifier.peek() === AKI_KEY_ID) found.authorityKeyId = identifier.next("keyIdentifier").content;
  } else if (sameBytes(oid, JOIN_PROOF.content) || sameBytes(oid, ENDORSEMENT.content)) {
    found.isHandclasp = true;
  }
}

function takeNames(names: DerReader, found: FoundExtensions): void {
  const dnsNames: string[] = [];
  const ipAddresses: Uint8Array[] = [];
  while (!names.isEmpty) {
    const { tag, content } = names.next("generalName");
    if (tag === DNS) dnsNames.push(Buffer.from(content).toString("latin1"));
    else if (tag === IP) ipAddresses.push(content);
  }
  found.dnsNames = dnsNames;
  found.ipAddresses = ipAddresses;
}
