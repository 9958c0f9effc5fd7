import { createHash, hash } from "node:crypto";
import { factsOf } from "../../src/testing/contract/made-up-certificates.ts";
import type { CertificateFacts } from "../../src/x509/certificate-facts.ts";

export { factsOf, randomPin } from "../../src/testing/contract/made-up-certificates.ts";

/** Facts of a certificate that are the same whenever they are asked for: `key` is which key, `certificate` which one over it. */
export function settledFacts(
  key: string,
  certificate: string,
  claimedName: string | undefined,
): CertificateFacts {
  const pinned = createHash("sha256").update(`key ${key}`).digest("base64");
  const der = createHash("sha512").update(`certificate ${certificate} ${key} ${claimedName}`).digest();
  return factsOf(claimedName, { pin: `sha256:${pinned}`, der, fingerprint: hash("sha256", der, "hex") });
}
