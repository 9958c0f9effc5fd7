import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { eventAt, toListedEvent } from "../../src/operator/listed-event.ts";
import { factsOf } from "../support/certificates.ts";
import { NOW, Office } from "../trust/support/office.ts";

describe("toListedEvent", () => {
  it("has every field of an event, and its place in the chain", async () => {
    const office = new Office();
    const anna = factsOf("anna");
    await office.operator.import(anna);
    await office.operator.revoke(anna.pin);
    const sealed = await eventAt(office.store, 2);
    assert.ok(sealed);
    assert.deepEqual(toListedEvent(sealed), {
      sequence: 2,
      at: new Date(NOW).toISOString(),
      type: "revoked",
      actor: { user: "olga", process: "test 1", address: null, listener: null },
      pin: anna.pin,
      peer: "anna",
      before: "trusted",
      after: "revoked",
      details: {},
      hash: office.store.head().hash,
    });
    assert.equal(await eventAt(office.store, 3), undefined);
  });

  it("has nothing but its place where it cannot be read", () => {
    const event = toListedEvent({ sequence: 7, json: "\u001b[2J", hash: "ff" });
    const { sequence, hash, ...others } = event;
    assert.deepEqual([sequence, hash], [7, "ff"]);
    assert.deepEqual(new Set(Object.values(others)), new Set([null]));
  });
});
