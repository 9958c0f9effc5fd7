import { hash } from "node:crypto";
import { TAG } from "../x509/der/der.ts";
import { encodeCertificate, encodeTbsCertificate } from "../x509/parts/encode-certificate.ts";
import { encodeDer } from "../x509/der/encode-der.ts";
import { encodeName } from "../x509/parts/identity-content.ts";
import { signatureAlgorithmOf } from "../x509/parts/signature-algorithm.ts";
import { validityOf } from "../x509/der/time.ts";

/**
 * A certificate (RFC 5280 §4.1) that claims `name`, the same in every run. Its public key is made from the name: nobody
 * has the private one, and its signature is none, so that no server lets anybody in with it.
 */
export function fakeCertificate(name: string): Uint8Array {
  const key = hash("sha256", `handclasp/testing ${name}`, "buffer");
  const algorithm = signatureAlgorithmOf("ed25519");
  const tbs = encodeTbsCertificate({
    serial: Uint8Array.of(1),
    algorithm,
    subject: encodeName(name),
    ...validityOf(new Date(Date.UTC(2026, 0, 1))),
    spki: encodeDer(TAG.SEQUENCE, algorithm, encodeDer(TAG.BIT_STRING, Uint8Array.of(0), key)),
    extensions: [],
  });
  return encodeCertificate(tbs, algorithm, new Uint8Array(64));
}
