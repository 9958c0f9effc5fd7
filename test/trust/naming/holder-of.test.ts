import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { openMemoryStore } from "../../../src/store/sqlite/memory-store.ts";
import { Operator } from "../../../src/operator/operator.ts";
import { holderOf } from "../../../src/trust/naming/holder-of.ts";
import { factsOf } from "../../support/certificates.ts";

describe("who has a name", () => {
  it("is a trusted key rather than one that was trusted before it", async () => {
    await using store = openMemoryStore();
    let now = 1;
    const operator = new Operator(store, { user: "test", process: "test 1", now: () => now++ });
    const [first, second] = [factsOf("anna"), factsOf("anna")];
    await operator.import(first);
    assert.equal(holderOf(store, "anna")?.pin, first.pin);
    await operator.import(second, { onConflict: "add" });
    await operator.revoke(first.pin);
    assert.equal(holderOf(store, "anna")?.pin, second.pin);
    assert.equal(holderOf(store, "anna", second.pin)?.pin, first.pin);
    await operator.revoke(second.pin);
    assert.notEqual(holderOf(store, "anna"), undefined);
    assert.equal(holderOf(store, "ben"), undefined);
  });
});
