import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { HandclaspError, isHandclaspError } from "../errors.ts";
import { type CertificateFacts, readCertificate } from "../x509/certificate-facts.ts";

/** A key and the certificates that show it, as PEM (RFC 7468). */
export interface IdentityPem {
  /** PKCS #8, not encrypted. */
  readonly key: string;
  /** The certificate of the key first; what signed it may follow. */
  readonly certificate: string;
}

/** A key of our own, and the certificate we show with it. */
export interface Identity extends IdentityPem {
  /** What we read of the certificate. */
  readonly facts: CertificateFacts;
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/;

/** Checks that key and certificate can be read and belong together. Throws ERR_HANDCLASP_IDENTITY naming `where`. */
export function parseIdentity(pem: IdentityPem, where: string): Identity {
  const first = CERTIFICATE.exec(pem.certificate)?.[0];
  if (first === undefined) throw unusable(where, "there is no certificate in it");
  try {
    const certificate = new X509Certificate(first);
    if (!certificate.checkPrivateKey(privateKey(pem.key, where))) {
      throw unusable(where, "its key does not belong to its certificate");
    }
    return { ...pem, facts: readCertificate(certificate.raw) };
  } catch (error) {
    if (isHandclaspError(error, "ERR_HANDCLASP_IDENTITY")) throw error;
    throw unusable(where, error instanceof Error ? error.message : String(error), error);
  }
}

function privateKey(pem: string, where: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (error) {
    throw unusable(where, "there is no private key in it that can be read", error);
  }
}

function unusable(where: string, problem: string, cause?: unknown): HandclaspError {
  return new HandclaspError("ERR_HANDCLASP_IDENTITY", `${where} cannot be used: ${problem}`, {
    hint: "restore it from a backup, or move it away to have a new one made: others then see a new key",
    cause,
  });
}
