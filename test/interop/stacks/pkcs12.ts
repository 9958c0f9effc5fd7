import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createPkcs12 } from "../../../src/index.ts";

/** Makes `anna.p12`, with the passphrase `secret`, as `identity export --p12` does. */
export function makePkcs12(folder: string): void {
  const certificate = new X509Certificate(readFileSync(join(folder, "anna.pem")));
  const bytes = createPkcs12({
    privateKey: createPrivateKey(readFileSync(join(folder, "anna.key"))),
    certificates: [certificate.raw],
    name: "anna",
    passphrase: "secret",
  });
  writeFileSync(join(folder, "anna.p12"), bytes);
}
