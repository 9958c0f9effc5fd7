import { readTextFile } from "../../client/identities/text-file.ts";
import { HandclaspError, reasonOf } from "../../errors.ts";
import { certificatesFromPem } from "../../x509/certificate-description.ts";
import { type CertificateFacts, readCertificate } from "../../x509/certificate-facts.ts";

/** The one certificate in a PEM text. Throws ERR_HANDCLASP_CERTIFICATE_MALFORMED for none or several. */
export function oneCertificate(pem: string): CertificateFacts {
  const [der, ...others] = certificatesFromPem(pem);
  if (der === undefined || others.length > 0) {
    throw new HandclaspError(
      "ERR_HANDCLASP_CERTIFICATE_MALFORMED",
      `this holds ${others.length + 1} certificates`,
      {
        hint: "leave only the client's own: those of its issuers are not trusted",
      },
    );
  }
  return readCertificate(der);
}

/** Reads a file. Throws ERR_HANDCLASP_CERTIFICATE_MALFORMED when it cannot be read. */
export function readPemFile(path: string): string {
  try {
    return readTextFile(path);
  } catch (error) {
    throw new HandclaspError(
      "ERR_HANDCLASP_CERTIFICATE_MALFORMED",
      `cannot read ${path}: ${reasonOf(error)}`,
      {
        cause: error,
      },
    );
  }
}
