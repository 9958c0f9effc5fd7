import { BoundedMap } from "../bounded-map.ts";
import { type CertificateFacts, readCertificate } from "../x509/certificate-facts.ts";

const MOST_CERTIFICATES = 4096;
/** ML-DSA certificates are larger, and then take as much time to verify as this saves. */
const MOST_BYTES = 4096;
const END_BYTES = 16;

/**
 * Certificates of clients that were admitted, read already: what is in them never changes. Those of strangers are not
 * kept, so that nobody can push the others out.
 */
export class KnownCertificates {
  /** By the end of the certificate, which is the end of its signature: nearly always enough to tell them apart. */
  readonly #facts = new BoundedMap<string, CertificateFacts>(MOST_CERTIFICATES);

  /** As `readCertificate`; throws what that throws. */
  read(der: Uint8Array): CertificateFacts {
    const kept = this.#facts.get(lastBytes(der));
    return kept !== undefined && Buffer.compare(der, kept.der) === 0 ? kept : readCertificate(der);
  }

  keep(facts: CertificateFacts): void {
    if (facts.der.length > MOST_BYTES) return;
    const end = lastBytes(facts.der);
    if (this.#facts.has(end)) return;
    this.#facts.set(end, facts);
  }
}

function lastBytes({ buffer, byteOffset, length }: Uint8Array): string {
  const from = Math.max(0, length - END_BYTES);
  return Buffer.from(buffer, byteOffset + from, length - from).toString("latin1");
}
