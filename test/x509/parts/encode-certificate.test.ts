import assert from "node:assert/strict";
import { hash, webcrypto, X509Certificate } from "node:crypto";
import { describe, it } from "node:test";
import { createContext, runInContext } from "node:vm";
import { build } from "esbuild";
import { describeCertificate, toPem } from "../../../src/x509/certificate-description.ts";
import { readCertificate } from "../../../src/x509/certificate-facts.ts";
import { JOIN_PROOF } from "../../../src/x509/parts/private-extensions.ts";

/** What a page would do: makes a key, and signs a certificate over it that claims a name and brings a proof. */
const PAGE = `
import { encodeCertificate, encodeTbsCertificate } from "./encode-certificate.ts";
import { alternativeNames, encodeName, identityExtensions } from "./identity-content.ts";
import { signatureAlgorithmOf } from "./signature-algorithm.ts";
import { validityOf } from "../der/time.ts";

made = (async () => {
  const { privateKey, publicKey } = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]);
  const spki = new Uint8Array(await crypto.subtle.exportKey("spki", publicKey));
  const spkiHash = new Uint8Array(await crypto.subtle.digest("SHA-256", spki));
  const algorithm = signatureAlgorithmOf("ed25519");
  const names = alternativeNames("anna.example", ["www.anna.example"]);
  const tbs = encodeTbsCertificate({
    serial: Uint8Array.of(0x7f, ...crypto.getRandomValues(new Uint8Array(15))),
    algorithm,
    subject: encodeName("anna.example"),
    ...validityOf(new Date(1_900_000_000_000), 9),
    spki,
    extensions: identityExtensions(names, spkiHash, Uint8Array.of(1, 2, 3)),
  });
  const signature = new Uint8Array(await crypto.subtle.sign("Ed25519", privateKey, tbs));
  return encodeCertificate(tbs, algorithm, signature);
})();
`;

describe("what encodes certificates", () => {
  it("runs in a browser, which signs when it can", async () => {
    const { outputFiles } = await build({
      stdin: {
        contents: PAGE,
        loader: "ts",
        resolveDir: new URL("../../../src/x509/parts", import.meta.url).pathname,
      },
      bundle: true,
      // Which refuses whatever is Node's.
      platform: "browser",
      write: false,
    });
    const page = createContext({ crypto: webcrypto, TextEncoder, made: undefined });
    runInContext(outputFiles[0]?.text ?? "", page);
    const der = Buffer.from(await (page["made"] as Promise<Uint8Array>));

    const certificate = new X509Certificate(toPem(der));
    assert.ok(certificate.verify(certificate.publicKey));
    const facts = readCertificate(der);
    assert.equal(facts.claimedName, "anna.example");
    assert.deepEqual(Buffer.from(facts.joinProof ?? []), Buffer.of(1, 2, 3));
    assert.deepEqual(describeCertificate(der).subjectAltNames, ["DNS:anna.example", "DNS:www.anna.example"]);
    assert.equal(facts.notAfter, 1_900_000_000_000 + 9 * 24 * 3_600_000);
    assert.ok(der.includes(Buffer.from(JOIN_PROOF.content)));
    assert.ok(der.includes(hash("sha256", facts.spki, "buffer").subarray(0, 20)), "the key's identifier");
  });
});
