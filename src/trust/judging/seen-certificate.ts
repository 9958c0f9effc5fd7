import type { CertificateFacts } from "../../x509/certificate-facts.ts";
import type { SeenCertificate } from "../records/change.ts";
import { claimedNameOf } from "./judge.ts";

/** A certificate as changes carry it. */
export function toSeenCertificate(certificate: CertificateFacts): SeenCertificate {
  const { pin, fingerprint, der } = certificate;
  return { pin, fingerprint, der, claimedName: claimedNameOf(certificate) };
}
