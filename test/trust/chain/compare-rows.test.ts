import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type KeyStanding, RowDifferences, type TrustRows } from "../../../src/trust/chain/compare-rows.ts";
import { TrustFold } from "../../../src/trust/chain/fold-events.ts";
import { toKeyId } from "../../../src/trust/naming/key-id.ts";
import type { KeyPin } from "../../../src/trust/records/key-record.ts";
import { randomPin } from "../../support/certificates.ts";

/** A key that waits, of which events say nothing. */
function stranger(over: Partial<KeyStanding> = {}): KeyStanding {
  return {
    pin: randomPin(),
    state: "pending",
    peer: null,
    nameKey: null,
    source: "first-use",
    expires: 1,
    staleSeen: false,
    endorsesFrom: 0,
    claimedName: null,
    claimedKey: null,
    newName: null,
    newKey: null,
    firstSeen: 0,
    conflictsWith: null,
    note: null,
    version: 1,
    ...over,
  };
}

/** What differs from no events at all. */
function differences(over: Partial<TrustRows>): readonly string[] {
  const found = new RowDifferences();
  found.compare(new TrustFold(), {
    keys: [],
    tombstones: [],
    tokens: [],
    members: [],
    noted: [],
    firstUseWindow: null,
    newestVersion: 1,
    keysOfName: () => [],
    ...over,
  });
  return found.report().differences.map(({ field, row, events }) => `${field}: ${row}, not ${events}`);
}

describe("rows beside events", () => {
  it("may have strangers who wait, as long as they have nothing that a decision gives", () => {
    assert.deepEqual(differences({ keys: [stranger({ claimedName: "Ada", claimedKey: "ada" })] }), []);
    assert.deepEqual(differences({ keys: [stranger({ expires: null })] }), ["expires: null, not 0"]);
    assert.deepEqual(differences({ keys: [stranger({ peer: "ada", nameKey: "ada" })] }), [
      "peer: ada, not null",
      "nameKey: ada, not null",
    ]);
    const [state] = differences({ keys: [stranger({ state: "trusted" })] });
    assert.equal(state, "state: trusted, not null");
  });

  it("are found by what follows from them: folds, versions, what a store keeps beside them", () => {
    assert.deepEqual(differences({ keys: [stranger({ claimedName: "Ada", claimedKey: "bob" })] }), [
      "claimedKey: bob, not ada",
    ]);
    assert.deepEqual(differences({ keys: [stranger({ version: 7 })] }), ["version: 7, not 1 at the most"]);
    const findings = [{ field: "rank", row: 2, follows: 3 }];
    assert.deepEqual(differences({ keys: [stranger({ findings })] }), ["rank: 2, not 3"]);
  });

  it("differ by what no event says: members, notes on tokens, the end of the window", () => {
    const member = { nameKey: "ada", groupKey: "lab", group: "Lab", addedAt: 1 };
    assert.deepEqual(differences({ members: [member] }), ["group: Lab, not null"]);
    assert.deepEqual(differences({ noted: [{ about: "01", problem: "bad-proof" }] }), [
      "bad-proof: yes, not null",
    ]);
    assert.deepEqual(differences({ firstUseWindow: { event: 3, until: 5, max: 2, from: null, taken: 0 } }), [
      "opened by: 3, not null",
      "open until: 5, not null",
      "at the most: 2, not null",
      "taken: 0, not null",
    ]);
  });

  it("are told of by the key id, and as it is where a pin is none; all are counted, twenty shown", () => {
    const found = new RowDifferences();
    const fold = new TrustFold();
    const [pin, wrong] = [randomPin(), "sha256:no" as KeyPin];
    fold.notes.set(pin, "x");
    fold.notes.set(wrong, "y");
    for (let count = 0; count < 30; count++) fold.noted.set(String(count), new Set(["bad-proof"]));
    const none = { keys: [], tombstones: [], tokens: [], members: [], noted: [] };
    found.compare(fold, { ...none, firstUseWindow: null, newestVersion: 0, keysOfName: () => [] });
    const { differences: shown, count } = found.report();
    assert.deepEqual([shown.length, count], [20, 32]);
    const about = shown.slice(0, 2).map((difference) => difference.about);
    assert.deepEqual(about, [`key ${toKeyId(pin)}`, "key sha256:no"]);
  });
});
