import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isHandclaspError } from "../../src/errors.ts";
import { KnownCertificates } from "../../src/guard/known-certificates.ts";
import { factsOf } from "../support/certificates.ts";
import { identity } from "./support/identities.ts";

describe("KnownCertificates", async () => {
  const { facts } = await identity("client");

  it("reads a certificate once it was kept only from memory", () => {
    const known = new KnownCertificates();
    assert.notEqual(known.read(facts.der), known.read(facts.der));
    known.keep(facts);
    assert.equal(known.read(new Uint8Array(facts.der)), facts);
  });

  it("refuses what cannot be read", () => {
    assert.throws(
      () => new KnownCertificates().read(Uint8Array.of(1, 2, 3)),
      (error) => isHandclaspError(error, "ERR_HANDCLASP_CERTIFICATE_MALFORMED"),
    );
  });

  it("forgets the oldest when there are too many", () => {
    const known = new KnownCertificates();
    known.keep(facts);
    for (let count = 0; count < 4096; count++) known.keep(factsOf("another"));
    assert.notEqual(known.read(facts.der), facts);
  });
});
