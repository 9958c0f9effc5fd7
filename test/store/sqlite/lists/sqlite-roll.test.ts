import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { openMemoryStore } from "../../../../src/store/sqlite/memory-store.ts";
import type { TrustStore } from "../../../../src/trust/port/trust-store.ts";
import { Operator } from "../../../../src/operator/operator.ts";
import type { CertificateFacts } from "../../../../src/x509/certificate-facts.ts";
import { factsOf } from "../../../support/certificates.ts";

const AT = Date.UTC(2030, 0, 1);
const WRONG = { code: "ERR_HANDCLASP_OPTION" };

async function filled(): Promise<TrustStore> {
  const store = openMemoryStore();
  const operator = new Operator(store, { user: "test", process: "test 1", now: () => AT });
  for (const name of ["anna", "ben"]) {
    const { pin } = await importedBy(operator, name);
    await operator.createToken({ peer: `${name}'s phone`, servers: ["localhost:4433"], serverPin: pin });
  }
  return store;
}

async function importedBy(operator: Operator, name: string): Promise<CertificateFacts> {
  const facts = factsOf(name);
  await operator.import(facts);
  return facts;
}

describe("what a page is asked with", () => {
  it("is no cursor of another list, though it looks like one", async () => {
    await using store = await filled();
    const { next: ofKeys } = await store.listKeys({ limit: 1 });
    const { next: ofTokens } = await store.listTokens({ limit: 1 });
    assert.ok(ofKeys !== null && ofTokens !== null);
    assert.equal((await store.listKeys({ after: ofKeys })).items.length, 1);
    assert.equal((await store.listTokens({ after: ofTokens })).items.length, 1);
    await assert.rejects(store.listKeys({ after: ofTokens }), WRONG);
    await assert.rejects(store.listTokens({ after: ofKeys }), WRONG);
  });

  it("is no moment that is none: all there is would look like what was asked for", async () => {
    await using store = await filled();
    for (const filter of [{ since: Number.NaN }, { until: Number.NaN }]) {
      await assert.rejects(store.listEvents(filter), WRONG);
      await assert.rejects(store.listRefusals(filter), WRONG);
    }
  });
});
