import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { whyUnready } from "../../../src/gateway/workers/why-unready.ts";

describe("whyUnready", () => {
  const ready = { awake: true, unready: null };

  it("is nothing while one answers and none has a reason: those that sleep get no clients", () => {
    assert.equal(whyUnready([ready]), null);
    assert.equal(whyUnready([{ awake: false, unready: null }, ready]), null);
  });

  it("is that none answers, there being none among them", () => {
    assert.equal(whyUnready([]), "no worker answers");
    assert.equal(whyUnready([{ awake: false, unready: "the store is closed" }]), "no worker answers");
  });

  it("is the first reason of any, since some clients would not be let in", () => {
    assert.equal(whyUnready([ready, { awake: true, unready: "the store is closed" }]), "the store is closed");
  });
});
