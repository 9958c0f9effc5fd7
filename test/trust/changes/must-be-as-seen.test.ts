import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isHandclaspError } from "../../../src/errors.ts";
import { changedSince, mustBeAsSeen } from "../../../src/trust/changes/must-be-as-seen.ts";
import { toKeyId } from "../../../src/trust/naming/key-id.ts";
import type { TrustEvent } from "../../../src/trust/records/events.ts";
import type { KeyRecord } from "../../../src/trust/records/key-record.ts";
import { randomPin } from "../../support/certificates.ts";

function key(version: number, claimedName: string | null = "ada"): KeyRecord {
  return { pin: randomPin(), state: "pending", version, claimedName, newName: null } as KeyRecord;
}

const CHANGED = { code: "ERR_HANDCLASP_CHANGED" };

describe("what an operator looked at", () => {
  it("is what is acted on: the same key in the same version with the same claim", () => {
    const ada = key(7);
    mustBeAsSeen([ada], undefined);
    mustBeAsSeen([ada], { version: 7 });
    mustBeAsSeen([ada], { pin: ada.pin, version: 7, claimedName: "ada" });
    for (const seen of [
      { version: 6 },
      { version: 7, claimedName: "eve" },
      { version: 7, claimedName: null },
      { pin: randomPin(), version: 7 },
    ]) {
      assert.throws(() => mustBeAsSeen([ada], seen), CHANGED, JSON.stringify(seen));
    }
  });

  it("are all of the keys, no more and no fewer", () => {
    const [one, two] = [key(1), key(2)];
    const seen = [one, two].map(({ pin, version }) => ({ pin, version }));
    mustBeAsSeen([one, two], seen);
    assert.throws(() => mustBeAsSeen([one], seen), CHANGED);
    assert.throws(() => mustBeAsSeen([one, two, key(3)], seen), CHANGED);
    assert.throws(() => mustBeAsSeen([], seen), CHANGED);
  });

  it("says how it is now, and where to look again", () => {
    const ada = { ...key(7), newName: "Ada Lovelace" } as KeyRecord;
    assert.throws(
      () => mustBeAsSeen([ada], { version: 6 }),
      (error) => {
        assert.ok(isHandclaspError(error));
        assert.match(error.message, / is pending and claims the name "Ada Lovelace" now, in version 7: /);
        assert.deepEqual(error.remedies, [{ act: "show-key", at: "server", key: toKeyId(ada.pin) }]);
        return true;
      },
    );
  });

  it("was changed by a later event, which is named", () => {
    const by = { sequence: 9, type: "revoked" } as TrustEvent;
    assert.match(
      changedSince(5, key(1), by).message,
      /^what event 5 did was changed since, by event 9 \(revoked\)$/,
    );
    const unknown = changedSince(9, undefined, by);
    assert.match(unknown.message, /^what event 9 did was changed since$/);
    assert.deepEqual(unknown.remedies, []);
  });
});
