import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { successorsOf } from "../../src/operator/successors.ts";
import { toSeenCertificate } from "../../src/trust/judging/seen-certificate.ts";
import type { CertificateFacts } from "../../src/x509/certificate-facts.ts";
import { factsOf } from "../support/certificates.ts";
import { NOW, Office } from "../trust/support/office.ts";

/** The key of `from` endorsed that of `to`, which takes its place. */
async function rotate(office: Office, from: CertificateFacts, to: CertificateFacts): Promise<void> {
  const outcome = await office.store.apply({
    type: "rotate",
    at: NOW,
    actor: { user: null, process: "serve 2", address: null, listener: null },
    endorsedBy: { pin: from.pin, issuedAt: NOW },
    certificate: toSeenCertificate(to),
    pendingExpires: NOW + 1000,
    maxPending: 10,
  });
  assert.equal(outcome.kind, "changed");
}

describe("successorsOf", () => {
  it("finds the keys down the line that are still trusted, and no others", async () => {
    const office = new Office();
    const line = [factsOf("anna"), factsOf("anna"), factsOf("anna")];
    const [first, second, third] = line;
    assert.ok(first && second && third);
    await office.operator.import(first);
    await office.operator.import(factsOf("ben"));
    await rotate(office, first, second);
    await rotate(office, second, third);
    const pins = async (of: CertificateFacts): Promise<readonly string[]> => {
      const key = office.store.key(of.pin);
      assert.ok(key);
      return (await successorsOf(office.store, [key])).map(({ pin }) => pin);
    };
    assert.deepEqual(await pins(first), [third.pin]);
    assert.deepEqual(await pins(third), [third.pin]);
    await office.operator.revoke(third.pin);
    assert.deepEqual(await pins(first), []);
  });
});
