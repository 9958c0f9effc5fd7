import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { foldInEvent, lastChange, standingBefore } from "../../../src/trust/chain/key-history.ts";
import type { TrustEvent } from "../../../src/trust/records/events.ts";
import { factsOf } from "../../support/certificates.ts";
import { Office } from "../support/office.ts";

describe("the history of a key", () => {
  it("says how it stood before an event, and which event changed it last", async () => {
    const office = new Office();
    const anna = factsOf("anna");
    await office.operator.import(anna);
    await office.operator.revoke(anna.pin);
    await office.operator.note(anna.pin, "her laptop was stolen");
    const events = await office.events();
    assert.equal(standingBefore(events, anna.pin, 1), undefined);
    assert.equal(standingBefore(events, anna.pin, 2)?.state, "trusted");
    assert.equal(standingBefore(events, anna.pin, 4)?.state, "revoked");
    assert.deepEqual([lastChange(events)?.type, events.at(-1)?.type], ["revoked", "noted"]);
  });

  it("folds names of former versions alone: others have the fold with them, or are their own", () => {
    const actor = { user: null, process: "serve 1", address: null };
    const event = { actor: { ...actor, listener: null } } as TrustEvent;
    assert.equal(foldInEvent(event, "Ada", "ada"), "ada");
    assert.equal(foldInEvent(event, "Ada", undefined), "Ada");
    assert.equal(foldInEvent({ actor } as unknown as TrustEvent, "Ada", undefined), "ada");
    assert.equal(foldInEvent({ actor } as unknown as TrustEvent, "ÄDA Жук", undefined), "äda жук");
  });

  it("folds no name of a former version that another runtime might fold otherwise", () => {
    const event = { actor: { user: null, process: "serve 1", address: null } } as unknown as TrustEvent;
    for (const name of ["\u{16EA0}", "Ada \u{16EA0}", "Ꟃ"])
      assert.throws(() => foldInEvent(event, name, undefined), { code: "ERR_HANDCLASP_STATE" });
  });
});
