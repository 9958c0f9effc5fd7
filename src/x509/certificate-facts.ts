import { hash } from "node:crypto";
import { HandclaspError } from "../errors.ts";
import { readingCertificate } from "./parts/certificate-malformed.ts";
import {
  type ClaimedName,
  readAlternativeName,
  readClaimedName,
  readCommonName,
} from "./parts/claimed-name.ts";
import { DerReader, TAG } from "./der/der.ts";
import { type ReadExtensions, readExtensions } from "./parts/extensions.ts";
import { type KeyType, keyTypeOf } from "./parts/public-key-info.ts";
import { readTime } from "./der/time.ts";

/** SHA-256 of the DER SubjectPublicKeyInfo as `sha256:` + base64 (RFC 7469 §2.4). */
export type KeyPin = `sha256:${string}`;

/** What the hot path reads of a certificate; everything is bounded, nothing is believed. */
export interface CertificateFacts extends ClaimedName {
  /** The whole certificate. */
  readonly der: Uint8Array;
  /** The key: SubjectPublicKeyInfo as it stands in `der`. */
  readonly spki: Uint8Array;
  readonly pin: KeyPin;
  /** SHA-256 of `der`, 64 lower-case hex digits. */
  readonly fingerprint: string;
  readonly keyType: KeyType;
  /** Milliseconds since the epoch, inclusive (RFC 5280 §4.1.2.5). */
  readonly notBefore: number;
  readonly notAfter: number;
  /** The values of our two extensions, not looked at: those of a known key are never read. */
  readonly joinProof: Uint8Array | undefined;
  readonly endorsement: Uint8Array | undefined;
}

/** An ML-DSA-87 certificate with an endorsement of four links, ML-DSA-87 all of them, has 37 kB. */
const MOST_BYTES = 48 * 1024;

const VERSION = 0xa0;
const ISSUER_UNIQUE_ID = 0x81;
const SUBJECT_UNIQUE_ID = 0x82;
const EXTENSIONS = 0xa3;
const NO_EXTENSIONS: ReadExtensions = {
  subjectAltName: undefined,
  joinProof: undefined,
  endorsement: undefined,
  nameProblem: undefined,
};

/**
 * Reads a certificate (RFC 5280 §4.1) that a stranger sent, in time linear in its size and without any
 * mathematics on its key. Throws ERR_HANDCLASP_CERTIFICATE_MALFORMED or ERR_HANDCLASP_KEY_UNSUPPORTED.
 */
export function readCertificate(der: Uint8Array): CertificateFacts {
  if (der.length > MOST_BYTES) {
    throw new HandclaspError("ERR_HANDCLASP_KEY_UNSUPPORTED", `the certificate has ${der.length} bytes`, {
      hint: `${MOST_BYTES} are the most`,
    });
  }
  return readingCertificate(() => read(der));
}

function read(der: Uint8Array): CertificateFacts {
  const file = new DerReader(der, "x509");
  const certificate = file.inside(TAG.SEQUENCE, "certificate");
  file.end();
  const tbs = certificate.inside(TAG.SEQUENCE, "tbsCertificate");
  certificate.skip(TAG.SEQUENCE, "signatureAlgorithm");
  certificate.skip(TAG.BIT_STRING, "signatureValue");
  certificate.end();

  tbs.skipOptional(VERSION, "version");
  tbs.skip(TAG.INTEGER, "serialNumber");
  tbs.skip(TAG.SEQUENCE, "signature");
  tbs.skip(TAG.SEQUENCE, "issuer");
  const validity = tbs.inside(TAG.SEQUENCE, "validity");
  const notBefore = readTime(validity, "notBefore");
  const notAfter = readTime(validity, "notAfter");
  validity.end();
  const commonName = readCommonName(tbs.inside(TAG.SEQUENCE, "subject"));
  const spki = tbs.whole(TAG.SEQUENCE, "subjectPublicKeyInfo");
  tbs.skipOptional(ISSUER_UNIQUE_ID, "issuerUniqueID");
  tbs.skipOptional(SUBJECT_UNIQUE_ID, "subjectUniqueID");
  const { subjectAltName, joinProof, endorsement, nameProblem } = tbs.isEmpty
    ? NO_EXTENSIONS
    : extensionsOf(tbs);
  tbs.end();
  const claimed: ClaimedName =
    nameProblem === undefined
      ? readClaimedName(() => (subjectAltName && readAlternativeName(subjectAltName)) ?? commonName())
      : { claimedName: undefined, nameProblem };

  return {
    der,
    spki,
    pin: `sha256:${hash("sha256", spki, "base64")}`,
    fingerprint: hash("sha256", der, "hex"),
    keyType: keyTypeOf(spki),
    notBefore,
    notAfter,
    claimedName: claimed.claimedName,
    nameProblem: claimed.nameProblem,
    joinProof,
    endorsement,
  };
}

function extensionsOf(tbs: DerReader): ReadExtensions {
  const wrapper = tbs.inside(EXTENSIONS, "extensions");
  const extensions = wrapper.inside(TAG.SEQUENCE, "extensions");
  wrapper.end();
  return readExtensions(extensions);
}
