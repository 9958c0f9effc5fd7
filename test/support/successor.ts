import { createPrivateKey, createPublicKey } from "node:crypto";
import type { CertificateFacts } from "../../src/x509/certificate-facts.ts";
import type { KeyType } from "../../src/x509/parts/public-key-info.ts";
import { createEndorsement } from "../../src/x509/endorsement.ts";
import { generateKey } from "../../src/x509/generate-key.ts";
import { reissueCertificate } from "../../src/x509/reissue-certificate.ts";

/** A key and its certificate, as TLS clients want them. */
export interface Shown {
  readonly key: string;
  readonly cert: string;
  readonly facts: CertificateFacts;
}

export interface SuccessorOptions {
  readonly type?: KeyType;
  /** Milliseconds since the epoch; default now. */
  readonly issuedAt?: number;
  /** Signs instead of the old key. */
  readonly signer?: Shown;
  /** The extension's value instead of an endorsement. */
  readonly extension?: Uint8Array;
}

/** Another key with the same names, endorsed by the old one. */
export async function successorOf(old: Shown, options: SuccessorOptions = {}): Promise<Shown> {
  const { type = old.facts.keyType, issuedAt = Date.now(), signer = old, extension } = options;
  const privateKey = await generateKey(type);
  const endorsement =
    extension ??
    createEndorsement({
      oldKey: createPrivateKey(signer.key),
      oldSpki: old.facts.spki,
      newSpki: createPublicKey(privateKey).export({ type: "spki", format: "der" }),
      issuedAt,
      previous: old.facts.endorsement,
    });
  const { certificatePem, facts } = reissueCertificate(old.facts.der, {
    privateKey,
    now: new Date(),
    endorsement,
  });
  return { key: privateKey.export({ type: "pkcs8", format: "pem" }), cert: certificatePem, facts };
}

/** Each endorsed by the one before: the first is `old` itself. */
export async function successorsOf(old: Shown, count: number): Promise<readonly Shown[]> {
  const line = [old];
  for (let index = 0; index < count; index++) line.push(await successorOf(line.at(-1) ?? old));
  return line;
}

/** A new certificate over the same key. */
export function renewed(old: Shown): Shown {
  const { certificatePem, facts } = reissueCertificate(old.facts.der, {
    privateKey: createPrivateKey(old.key),
    now: new Date(),
  });
  return { ...old, cert: certificatePem, facts };
}
