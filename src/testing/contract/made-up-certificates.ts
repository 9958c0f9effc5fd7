import { hash, randomBytes } from "node:crypto";
import type { CertificateFacts, KeyPin } from "../../x509/certificate-facts.ts";

const DAY_MS = 24 * 3600 * 1000;

/** Facts of a certificate that claims a name, over a key of its own unless one is given. */
export function factsOf(
  claimedName: string | undefined,
  over: Partial<CertificateFacts> = {},
): CertificateFacts {
  const der = randomBytes(48);
  return {
    der,
    spki: randomBytes(91),
    pin: randomPin(),
    fingerprint: hash("sha256", der, "hex"),
    keyType: "p256",
    notBefore: Date.UTC(2020, 0, 1),
    notAfter: Date.UTC(2020, 0, 1) + 36_500 * DAY_MS,
    claimedName,
    nameProblem: undefined,
    joinProof: undefined,
    endorsement: undefined,
    ...over,
  };
}

export function randomPin(): KeyPin {
  return `sha256:${randomBytes(32).toString("base64")}`;
}
