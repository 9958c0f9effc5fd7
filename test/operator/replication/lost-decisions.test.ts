import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { branchText, isLostLately, lostDecisions } from "../../../src/operator/replication/lost-decisions.ts";
import type { LogBranch } from "../../../src/trust/port/replication.ts";

const AT = Date.UTC(2026, 0, 1);
const DAY_MS = 86_400_000;

const BRANCH = {
  from: 7,
  lost: 3,
  foundAt: AT,
  leftAt: AT + 1000,
  decisions: {
    again: 1,
    gone: 3,
    firstGone: [
      { sequence: 8, type: "approved", at: "2026-01-01T00:00:00.000Z", pin: null, peer: "be\u001bn" },
      { sequence: 9, type: "first-use-opened", at: "2026-01-01T00:00:01.000Z", pin: null, peer: null },
    ],
  },
} as const satisfies LogBranch;

describe("what was lost by a fail-over", () => {
  it("is a line for each decision that counts no more, safe to print", () => {
    assert.equal(branchText(BRANCH), "3 changes after change 7: 1 decision was repeated, 3 count no more");
    const [first, second, more] = lostDecisions(BRANCH);
    assert.match(first ?? "", /^event 8 of 2026-01-01T00:00:00.000Z: approved be.+n$/);
    assert.ok(!first?.includes("\u001b"));
    assert.deepEqual([second, more], ["event 9 of 2026-01-01T00:00:01.000Z: first-use-opened", "and 1 more"]);
    assert.deepEqual(lostDecisions(null), []);
  });

  it("is told for a week, where there is something to decide", () => {
    const none = { ...BRANCH, decisions: { again: 1, gone: 0, firstGone: [] } };
    assert.deepEqual(
      [
        isLostLately(BRANCH, AT + DAY_MS),
        isLostLately(BRANCH, AT + 8 * DAY_MS),
        isLostLately(none, AT + DAY_MS),
      ],
      [true, false, false],
    );
    assert.equal(isLostLately(null, AT), false);
  });
});
