import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setImmediate } from "node:timers/promises";
import { compareTimes } from "../../src/operator/compare-times.ts";
import { factsOf } from "../support/certificates.ts";
import { NOW, Office } from "../trust/support/office.ts";

describe("compareTimes", () => {
  it("says which keys, groups and tokens are others, and how they stood", async () => {
    const { store, operator } = new Office();
    const [anna, ben, eve] = [factsOf("anna"), factsOf("ben"), factsOf("eve")];
    await operator.import(anna);
    await operator.import(ben);
    await operator.addToGroup("Lab", anna.pin);
    const from = { sequence: store.head().sequence };
    await operator.revoke(ben.pin);
    await operator.import(eve);
    await operator.removeFromGroup("lab", anna.pin);
    await operator.addToGroup("Office", eve.pin);
    await operator.note(anna.pin, "says nothing of trust");
    const to = { sequence: store.head().sequence };
    await operator.forget(anna.pin);
    const { keys, groups, counts, tokens, unread, ...times } = await compareTimes(
      store,
      from,
      to,
      setImmediate,
    );
    assert.deepEqual(times, { from: from.sequence, to: to.sequence });
    assert.deepEqual([counts, tokens, unread], [{ keys: 2, groups: 2, tokens: 0 }, [], 0]);
    const states = keys.map(({ pin, before, after }) => [pin, before?.state, after?.state, after?.peer]);
    assert.deepEqual(states, [
      [ben.pin, "trusted", "revoked", "ben"],
      [eve.pin, undefined, "trusted", "eve"],
    ]);
    assert.deepEqual(groups, [
      { group: "Lab", peer: "anna", change: "removed" },
      { group: "Office", peer: "eve", change: "added" },
    ]);
  });

  it("takes moments, and finds nothing between two that are the same", async () => {
    const { store, operator } = new Office();
    await operator.import(factsOf("anna"));
    const all = await compareTimes(store, { at: NOW - 1 }, { at: NOW }, setImmediate);
    assert.deepEqual([all.from, all.to, all.counts.keys], [0, 1, 1]);
    const none = await compareTimes(store, { at: NOW }, { sequence: 99 }, setImmediate);
    assert.deepEqual([none.from, none.to, none.counts.keys], [1, 1, 0]);
    await assert.rejects(compareTimes(store, { sequence: 1 }, { sequence: 0 }, setImmediate), {
      code: "ERR_HANDCLASP_OPTION",
    });
    await assert.rejects(compareTimes(store, { at: NOW }, { at: NOW - 1 }, setImmediate), {
      code: "ERR_HANDCLASP_OPTION",
    });
  });

  it("lets others go first between some of many events", async () => {
    const { store, operator } = new Office();
    for (let index = 0; index < 1100; index++) await operator.import(factsOf(`peer-${index}`));
    let pauses = 0;
    const compared = await compareTimes(
      store,
      { sequence: 600 },
      { sequence: 1100 },
      async () => void pauses++,
    );
    assert.deepEqual([compared.counts.keys, compared.to, pauses], [500, 1100, 3]);
  });
});
