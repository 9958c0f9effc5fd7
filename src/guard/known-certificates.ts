import { hash } from "node:crypto";
import { type CertificateFacts, readCertificate } from "../x509/certificate-facts.ts";

const MOST_CERTIFICATES = 4096;
/** ML-DSA certificates are larger, and then take as much time to verify as this saves. */
const MOST_BYTES = 4096;

/**
 * Certificates of clients that were admitted, read already: what is in them never changes. Those of strangers are not
 * kept, so that nobody can push the others out.
 */
export class KnownCertificates {
  readonly #facts = new Map<string, CertificateFacts>();

  /** As `readCertificate`; throws what that throws. */
  read(der: Uint8Array): CertificateFacts {
    return this.#facts.get(hash("sha256", der, "hex")) ?? readCertificate(der);
  }

  keep(facts: CertificateFacts): void {
    if (facts.der.length > MOST_BYTES || this.#facts.has(facts.fingerprint)) return;
    if (this.#facts.size >= MOST_CERTIFICATES) this.#forgetOldest();
    this.#facts.set(facts.fingerprint, facts);
  }

  #forgetOldest(): void {
    const [oldest] = this.#facts.keys();
    if (oldest !== undefined) this.#facts.delete(oldest);
  }
}
