import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isHandclaspError } from "../../src/errors.ts";
import { KnownCertificates } from "../../src/admission/known-certificates.ts";
import { factsOf } from "../support/certificates.ts";
import { identity } from "../guard/support/identities.ts";

describe("KnownCertificates", async () => {
  const { facts } = await identity("client");
  const der = Buffer.from(facts.der);

  it("reads a certificate once it was kept only from memory", () => {
    const known = new KnownCertificates();
    assert.notEqual(known.read(der), known.read(der));
    known.keep(facts);
    assert.equal(known.read(Buffer.from(der)), facts);
  });

  it("never takes a certificate for another that ends alike", async () => {
    const known = new KnownCertificates();
    known.keep(facts);
    const other = Buffer.from((await identity("other")).facts.der);
    der.copy(other, other.length - 32, der.length - 32);
    assert.notEqual(known.read(other).pin, facts.pin);
  });

  it("refuses what cannot be read", () => {
    assert.throws(
      () => new KnownCertificates().read(Buffer.of(1, 2, 3)),
      (error) => isHandclaspError(error, "ERR_HANDCLASP_CERTIFICATE_MALFORMED"),
    );
  });

  it("forgets the oldest when there are too many", () => {
    const known = new KnownCertificates();
    known.keep(facts);
    for (let count = 0; count < 4096; count++) {
      const another = factsOf("another");
      known.keep(another);
    }
    assert.notEqual(known.read(der), facts);
  });
});
