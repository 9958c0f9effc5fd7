import assert from "node:assert/strict";
import { createPublicKey, generateKeyPairSync } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { TraceCertificates } from "../../../../src/cli/trace/captures/certificates.ts";
import { temporaryFolder } from "../../../support/temporary-folder.ts";
import { traced } from "../../../tls/support/traced.ts";

describe("trace read --certificates", () => {
  it("keeps a raw public key as one, and never as a certificate", () => {
    const folder = temporaryFolder();
    const { publicKey } = generateKeyPairSync("ed25519");
    const spki = publicKey.export({ type: "spki", format: "der" });
    const kept = new TraceCertificates(folder);
    const message = { requestContext: new Uint8Array(), entries: [], publicKey: spki };
    for (let times = 0; times < 2; times++)
      kept.keep(traced(22, 11, { parsed: { name: "certificate", type: 11, message } }));
    assert.equal(kept.count, 1);
    const [file = "", ...others] = readdirSync(folder);
    assert.deepEqual(others, []);
    const pem = readFileSync(`${folder}/${file}`, "utf8");
    assert.match(pem, /^-----BEGIN PUBLIC KEY-----/);
    assert.ok(createPublicKey(pem).equals(publicKey));
  });
});
