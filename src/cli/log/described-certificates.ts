import { BoundedMap } from "../../bounded-map.ts";
import { type CertificateDescription, describeCertificate } from "../../x509/certificate-description.ts";

/** What the log says of a certificate. */
export interface DescribedCertificate {
  readonly fields: Readonly<Record<string, string | readonly string[]>>;
  readonly pem: string;
}

const MOST = 1000;

/** Certificates of clients that come again and again, each described once; the longest described go first. */
export class DescribedCertificates {
  readonly #described = new BoundedMap<string, DescribedCertificate | undefined>(MOST);

  /** Undefined for one that cannot be described. `fingerprint` is its SHA-256. */
  of(fingerprint: string, der: () => Uint8Array): DescribedCertificate | undefined {
    if (this.#described.has(fingerprint)) return this.#described.get(fingerprint);
    const described = describe(der());
    this.#described.set(fingerprint, described);
    return described;
  }
}

/** For one that need not come again. */
export function describe(der: Uint8Array): DescribedCertificate | undefined {
  try {
    const certificate = describeCertificate(der);
    return { fields: fieldsOf(certificate), pem: certificate.pem.trimEnd() };
  } catch {
    return undefined;
  }
}

function fieldsOf(certificate: CertificateDescription): DescribedCertificate["fields"] {
  const { subject, subjectAltNames, notBefore, notAfter, fingerprint } = certificate;
  return { subject, subjectAltNames, notBefore: iso(notBefore), notAfter: iso(notAfter), fingerprint };
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
