import { hash, randomBytes } from "node:crypto";
import type { CertificateFacts } from "../src/x509/certificate-facts.ts";

/** Facts of a certificate of ordinary size over a key that nobody has seen. */
export function randomFacts(claimedName: string): CertificateFacts {
  const der = randomBytes(450);
  return {
    der,
    spki: randomBytes(91),
    pin: `sha256:${randomBytes(32).toString("base64")}`,
    fingerprint: hash("sha256", der, "hex"),
    keyType: "p256",
    notBefore: 0,
    notAfter: Date.UTC(2200, 0, 1),
    claimedName,
    nameProblem: undefined,
    joinProof: undefined,
    endorsement: undefined,
  };
}
