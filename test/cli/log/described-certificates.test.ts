import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { DescribedCertificates } from "../../../src/cli/log/described-certificates.ts";
import { createIdentity } from "../../../src/x509/create-identity.ts";

const { facts } = await createIdentity({ name: "anna", type: "p256", now: new Date() });

describe("DescribedCertificates", () => {
  it("describes a certificate once, however often its client comes", () => {
    const described = new DescribedCertificates();
    let reads = 0;
    const der = (): Uint8Array => {
      reads += 1;
      return facts.der;
    };
    for (const _ of [1, 2, 3]) {
      assert.equal(described.of(facts.fingerprint, der)?.fields["subject"], "CN=anna");
    }
    assert.equal(reads, 1);
  });

  it("keeps a thousand, and describes again what went for others", () => {
    const described = new DescribedCertificates();
    let reads = 0;
    const der = (): Uint8Array => {
      reads += 1;
      return new Uint8Array(3);
    };
    for (let at = 0; at < 1001; at++) assert.equal(described.of(`fingerprint ${at}`, der), undefined);
    described.of("fingerprint 1000", der);
    assert.equal(reads, 1001);
    described.of("fingerprint 0", der);
    assert.equal(reads, 1002);
  });
});
