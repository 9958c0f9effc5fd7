import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { openMemoryStore } from "../../../src/store/sqlite/memory-store.ts";
import { Operator } from "../../../src/operator/operator.ts";
import { distrustOf } from "../../../src/trust/judging/distrust.ts";
import { isSetAside, keepsItsName } from "../../../src/trust/judging/is-set-aside.ts";
import { objectionTo } from "../../../src/trust/judging/objection.ts";
import type { KeyRecord } from "../../../src/trust/records/key-record.ts";
import { factsOf } from "../../support/certificates.ts";

const NOW = Date.UTC(2030, 0, 1);

/** A key that an operator imported, but for what is said here. */
async function keyThat(over: Partial<KeyRecord> = {}): Promise<KeyRecord> {
  await using store = openMemoryStore();
  const operator = new Operator(store, { user: "test", process: "test 1", now: () => NOW });
  const facts = factsOf("anna");
  await operator.import(facts);
  const key = store.key(facts.pin);
  assert.ok(key !== undefined);
  return { ...key, ...over };
}

describe("what speaks against a key", () => {
  it("is nothing while it is trusted, up to the moment at which that ends", async () => {
    assert.equal(objectionTo(await keyThat(), NOW), undefined);
    const ending = await keyThat({ expires: NOW });
    assert.equal(objectionTo(ending, NOW - 1), undefined);
    assert.equal(objectionTo(ending, NOW), "expired");
  });

  it("is what was decided about it", async () => {
    for (const state of ["revoked", "ignored", "retired"] as const)
      assert.equal(objectionTo(await keyThat({ state, expires: NOW - 1 }), NOW), state);
  });

  it("is that an operator set it aside, but not that a stranger merely waits", async () => {
    assert.equal(objectionTo(await keyThat({ state: "pending", expires: null }), NOW), "set-aside");
    assert.equal(objectionTo(await keyThat({ state: "pending", expires: NOW - 1 }), NOW), undefined);
  });
});

describe("why a key is not trusted", () => {
  it("is what speaks against it, that it waits, or that nobody knows it", async () => {
    assert.equal(distrustOf(await keyThat(), NOW), undefined);
    assert.equal(distrustOf(undefined, NOW), "forgotten");
    assert.equal(distrustOf(await keyThat({ state: "revoked" }), NOW), "revoked");
    assert.equal(distrustOf(await keyThat({ state: "pending", expires: NOW + 1 }), NOW), "pending");
  });
});

describe("a key that keeps its name from others", () => {
  it("is trusted, though its approval ended, or an operator is to decide about it", async () => {
    assert.equal(keepsItsName(await keyThat({ expires: NOW - 1 })), true);
    assert.equal(keepsItsName(await keyThat({ state: "pending", expires: null })), true);
    assert.equal(keepsItsName(await keyThat({ state: "pending", expires: NOW })), false);
    assert.equal(keepsItsName(await keyThat({ state: "revoked" })), false);
    assert.equal(isSetAside(await keyThat()), false);
  });
});
