import { createPublicKey, hash } from "node:crypto";
import { identity, type TestIdentity } from "../../guard/support/identities.ts";
import { encodeName, identityExtensions } from "../../../src/x509/parts/identity-content.ts";
import { generateKey } from "../../../src/x509/generate-key.ts";
import { signCertificate } from "../../../src/x509/sign-certificate.ts";
import { validityOf } from "../../../src/x509/der/time.ts";

/** 1.3.6.1.4.1.99999.1, which nobody knows. */
const UNKNOWN_EXTENSION = Uint8Array.from([0x2b, 0x06, 0x01, 0x04, 0x01, 0x86, 0x8d, 0x1f, 0x01]);

/** A certificate that ended long ago. */
export function expiredIdentity(name: string): Promise<TestIdentity> {
  return identity(name, { now: new Date("2020-01-01T00:00:00Z"), days: 30 });
}

/** A certificate with more than so many bytes of DER: what an extension that nobody knows may hold. */
export function largeIdentity(name: string, bytes: number): Promise<TestIdentity> {
  return extended(name, { isCritical: false, value: new Uint8Array(bytes).fill(5) });
}

/** A certificate with an extension that nobody knows and everybody has to, which OpenSSL objects to and Handclasp does not. */
export function strangelyExtended(name: string): Promise<TestIdentity> {
  return extended(name, { isCritical: true, value: Uint8Array.of(5, 0) });
}

async function extended(
  name: string,
  extension: { readonly isCritical: boolean; readonly value: Uint8Array },
): Promise<TestIdentity> {
  const privateKey = await generateKey("p256");
  const spki = createPublicKey(privateKey).export({ type: "spki", format: "der" });
  const known = identityExtensions([], hash("sha256", spki, "buffer"));
  const content = {
    ...validityOf(new Date()),
    subject: encodeName(name),
    spki,
    extensions: [...known, { oid: UNKNOWN_EXTENSION, ...extension }],
  };
  const { certificatePem, facts } = signCertificate(content, "p256", privateKey);
  return { key: privateKey.export({ type: "pkcs8", format: "pem" }), cert: certificatePem, facts };
}
