import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createIdentity, type CreateIdentityOptions } from "../../../src/x509/create-identity.ts";
import type { CertificateFacts } from "../../../src/x509/certificate-facts.ts";

/** A key and its self-signed certificate, as TLS clients want them. */
export interface TestIdentity {
  readonly key: string;
  readonly cert: string;
  readonly facts: CertificateFacts;
}

/** A new identity that claims `name`. */
export async function identity(
  name: string,
  options: Partial<CreateIdentityOptions> = {},
): Promise<TestIdentity> {
  const made = await createIdentity({ name, now: new Date(), ...options });
  return { key: made.privateKeyPem, cert: made.certificatePem, facts: made.facts };
}

export interface IdentityFiles {
  readonly keyFile: string;
  readonly certFile: string;
}

let files = 0;

/** Writes an identity where programs other than Node can read it. */
export function inFiles(folder: string, { key, cert }: TestIdentity): IdentityFiles {
  const number = ++files;
  const keyFile = join(folder, `${number}.key`);
  const certFile = join(folder, `${number}.pem`);
  writeFileSync(keyFile, key);
  writeFileSync(certFile, cert);
  return { keyFile, certFile };
}
