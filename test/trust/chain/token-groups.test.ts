import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { groupsInDetails, tokenGroupsOf } from "../../../src/trust/chain/token-groups.ts";
import { toPeerName } from "../../../src/trust/naming/peer-name.ts";
import type { TrustEvent } from "../../../src/trust/records/events.ts";
import type { TokenGroup } from "../../../src/trust/records/token-record.ts";

/** Only its details are read. */
function eventWith(details: TrustEvent["details"]): TrustEvent {
  return { details } as TrustEvent;
}

const group: fc.Arbitrary<TokenGroup> = fc
  .string({ minLength: 1, maxLength: 20, unit: "grapheme" })
  .map((text) => toPeerName(text))
  .filter((result) => result.ok)
  .map((result) => (result.ok ? { name: result.name, nameKey: result.key } : { name: "", nameKey: "" }));

describe("the groups of a token in its event", () => {
  it("are read as they were written, whatever names they have", () => {
    fc.assert(
      fc.property(fc.array(group, { maxLength: 5 }), (groups) => {
        assert.deepEqual(tokenGroupsOf(eventWith(groupsInDetails(groups))), groups);
      }),
    );
  });

  it("are not in events of tokens that lead into none, which are as they were before there were groups", () => {
    assert.deepEqual(groupsInDetails([]), {});
    assert.deepEqual(tokenGroupsOf(eventWith({})), []);
  });

  it("have their folds beside them only where those are other texts", () => {
    assert.deepEqual(groupsInDetails([{ name: "dba", nameKey: "dba" }]), { groups: "dba" });
    assert.deepEqual(groupsInDetails([{ name: "Night, Shift", nameKey: "night, shift" }]), {
      groups: "Night%2C%20Shift",
      groupKeys: "night%2C%20shift",
    });
  });

  it("that somebody else wrote are shown, and stop nobody from reading on", () => {
    assert.deepEqual(tokenGroupsOf(eventWith({ groups: "%E0%A4%A" })), [
      { name: "%E0%A4%A", nameKey: "%E0%A4%A" },
    ]);
  });
});
