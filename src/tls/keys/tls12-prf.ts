import { createHmac } from "node:crypto";

/** The hash of the PRF: SHA-256 unless the suite says otherwise. RFC 5246 §5, §7.4.9. */
export type PrfHash = "sha256" | "sha384";

/** P_hash over label and seed. RFC 5246 §5. */
export function prf(
  secret: Uint8Array,
  hash: PrfHash,
  label: string,
  seed: Uint8Array,
  length: number,
): Uint8Array {
  const labelledSeed = Buffer.concat([Buffer.from(label, "ascii"), seed]);
  const output: Uint8Array[] = [];
  let a: Uint8Array = labelledSeed;
  for (let made = 0; made < length; made += output.at(-1)?.length ?? length) {
    a = createHmac(hash, secret).update(a).digest();
    output.push(createHmac(hash, secret).update(a).update(labelledSeed).digest());
  }
  return Buffer.concat(output).subarray(0, length);
}
