import { X509Certificate } from "node:crypto";
import { HandclaspError, isHandclaspError, reasonOf } from "../../errors.ts";
import { type CertificateFacts, readCertificate } from "../../x509/certificate-facts.ts";
import { encodePrivateKey, isEncryptedKey, readPrivateKey } from "./private-key.ts";

/** A key and the certificates that show it, as PEM (RFC 7468). */
export interface IdentityPem {
  /** PKCS #8. Encrypted only where a passphrase is taken beside it. */
  readonly key: string;
  /** The certificate of the key first; what signed it may follow. */
  readonly certificate: string;
}

/** A key of our own, never encrypted here, and the certificate we show with it. */
export interface Identity extends IdentityPem {
  /** What we read of the certificate. */
  readonly facts: CertificateFacts;
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/;

/**
 * Checks that key and certificate can be read and belong together. Throws ERR_HANDCLASP_IDENTITY, and
 * ERR_HANDCLASP_PASSPHRASE for an encrypted key; both name `where`.
 */
export function parseIdentity(pem: IdentityPem, where: string, passphrase?: string): Identity {
  const certificate = leafOf(pem.certificate, where);
  const key = readPrivateKey(pem.key, where, passphrase);
  if (!certificate.checkPrivateKey(key)) throw unusable(where, "its key does not belong to its certificate");
  return {
    key: isEncryptedKey(pem.key) ? encodePrivateKey(key, undefined) : pem.key,
    certificate: pem.certificate,
    facts: factsOf(certificate, where),
  };
}

/** What an identity shows, read from its certificate alone. Throws ERR_HANDCLASP_IDENTITY. */
export function parseShownIdentity(certificate: string, where: string): CertificateFacts {
  return factsOf(leafOf(certificate, where), where);
}

function leafOf(pem: string, where: string): X509Certificate {
  const first = CERTIFICATE.exec(pem)?.[0];
  if (first === undefined) throw unusable(where, "there is no certificate in it");
  return attempt(where, () => new X509Certificate(first));
}

function factsOf({ raw }: X509Certificate, where: string): CertificateFacts {
  return attempt(where, () => readCertificate(raw));
}

function attempt<T>(where: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (isHandclaspError(error, "ERR_HANDCLASP_IDENTITY")) throw error;
    throw unusable(where, reasonOf(error), error);
  }
}

function unusable(where: string, problem: string, cause?: unknown): HandclaspError {
  return new HandclaspError("ERR_HANDCLASP_IDENTITY", `${where} cannot be used: ${problem}`, {
    hint: "restore it from a backup, or move it away to have a new one made: others then see a new key",
    cause,
  });
}
