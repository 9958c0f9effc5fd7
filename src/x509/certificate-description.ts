import { X509Certificate } from "node:crypto";
import { HandclaspError, isHandclaspError, reasonOf } from "../errors.ts";
import { type CertificateFacts, readCertificate } from "./certificate-facts.ts";
import { readPlainSubject } from "./parts/plain-subject.ts";
import { encodePem } from "./pem.ts";

/**
 * A certificate in words for people. Text from the certificate is escaped, the claimed name too: it can go to a
 * terminal, and must not be taken for the name itself.
 */
export interface CertificateDescription extends CertificateFacts {
  /** The subject's attributes in one line: `CN=anna, O=Lab`. */
  readonly subject: string;
  /** `DNS:anna.example`, `URI:urn:x`, … in the order of the certificate. */
  readonly subjectAltNames: readonly string[];
  /** Upper-case hex. */
  readonly serialNumber: string;
  readonly pem: string;
}

/** Describes a certificate. Throws what `readCertificate` throws: bounds come before OpenSSL looks at it. */
export function describeCertificate(der: Uint8Array): CertificateDescription {
  const facts = readCertificate(der);
  const pem = toPem(der);
  const certificate = parsed(pem);
  return {
    ...facts,
    claimedName: facts.claimedName === undefined ? undefined : escape(facts.claimedName),
    subject: subjectOf(certificate),
    subjectAltNames: splitNames(certificate.subjectAltName ?? "").map(escape),
    serialNumber: certificate.serialNumber,
    pem,
  };
}

/** `subject` of a certificate's description, of one that `readCertificate` read before. Throws what that throws. */
export function describeSubject(der: Uint8Array): string {
  return plainSubjectOf(der) ?? subjectOf(parsed(toPem(der)));
}

/** A certificate as PEM (RFC 7468 §5). */
export function toPem(der: Uint8Array): string {
  return encodePem("CERTIFICATE", der);
}

/** The certificates in a text, as DER. Throws ERR_HANDCLASP_CERTIFICATE_MALFORMED when there is none. */
export function certificatesFromPem(text: string): readonly Uint8Array[] {
  const blocks = text.matchAll(/-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]*)-----END CERTIFICATE-----/g);
  const found = Array.from(blocks, ([, base64 = ""]) => new Uint8Array(Buffer.from(base64, "base64")));
  if (found.length > 0) return found;
  throw new HandclaspError("ERR_HANDCLASP_CERTIFICATE_MALFORMED", "there is no certificate in this text", {
    hint: "PEM begins with -----BEGIN CERTIFICATE-----; openssl x509 -inform der -in FILE turns DER into it",
  });
}

/** PEM, not DER: Node looks for PEM inside DER first, and would read a certificate that stands in an extension. */
function parsed(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (error) {
    throw new HandclaspError(
      "ERR_HANDCLASP_CERTIFICATE_MALFORMED",
      `OpenSSL cannot read it: ${reasonOf(error)}`,
      {
        cause: error,
      },
    );
  }
}

/** What OpenSSL is not needed for; it says what is wrong with what cannot be read. */
function plainSubjectOf(der: Uint8Array): string | undefined {
  try {
    return readPlainSubject(der);
  } catch (error) {
    if (isHandclaspError(error, "ERR_HANDCLASP_MALFORMED")) return undefined;
    throw error;
  }
}

function subjectOf({ subject }: X509Certificate): string {
  return escape(subject?.replaceAll("\n", ", ") ?? "");
}

/** Node quotes a name that holds a comma, so that a comma outside quotes always separates. */
function splitNames(text: string): readonly string[] {
  return text.match(/(?:[^,"]|"(?:[^"\\]|\\.)*")+/g)?.map((name) => name.trim()) ?? [];
}

/** Controls, bidi, fillers, odd spaces, private use and unassigned; and a literal `\u{`, so that no two look alike. */
const UNPRINTABLE =
  /[\p{C}\p{DI}\p{Zl}\p{Zp}\u2800\u{13440}-\u{13442}\u{16FE4}\u{1BC9D}\u{1D159}\uFFFC\uFFFD]|(?! )\p{Zs}|\\(?=u\{)/gu;

function escape(text: string): string {
  return text.replace(UNPRINTABLE, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}
