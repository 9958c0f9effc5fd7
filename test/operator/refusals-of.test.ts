import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { refusalsOf } from "../../src/operator/refusals-of.ts";
import { toKeyId } from "../../src/trust/naming/key-id.ts";
import { factsOf, randomPin } from "../support/certificates.ts";
import { Office } from "../trust/support/office.ts";

describe("refusalsOf", () => {
  it("finds who is known by name, key id, pin and certificate", async () => {
    const office = new Office();
    const anna = factsOf("anna");
    await office.operator.import(anna);
    const keyId = toKeyId(anna.pin);
    for (const text of ["ANNA", keyId, keyId.slice(0, 15), anna.pin, anna.fingerprint]) {
      const { of } = await refusalsOf(office.store, text);
      assert.deepEqual(of?.pins, [anna.pin], text);
    }
  });

  it("finds who was refused and is not known: by pin, the beginning of a key id, a name, or the certificate alone", async () => {
    const { store } = new Office();
    const pin = randomPin();
    assert.deepEqual(await refusalsOf(store, pin), { of: { pins: [pin], peers: [] } });
    const { of } = await refusalsOf(store, toKeyId(pin).slice(0, 15));
    assert.deepEqual([of?.pins, of?.peers, of?.pinPrefix !== undefined], [[], [], true]);
    assert.deepEqual(await refusalsOf(store, "Zoe"), { of: { pins: [], peers: ["zoe"] } });
    const { fingerprint } = factsOf("zoe");
    assert.deepEqual(await refusalsOf(store, fingerprint), { fingerprint });
  });
});
