import { type KeyPin, readCertificate } from "../x509/certificate-facts.ts";
import { readEndorsement } from "../x509/endorsement.ts";

/** The key of a server's certificate (DER), and those that it replaced: a join token may be older than a rotation. */
export function ownPinsOf(certificate: Uint8Array): readonly KeyPin[] {
  const facts = readCertificate(certificate);
  return [facts.pin, ...readEndorsement(facts).map(({ oldPin }) => oldPin)];
}
