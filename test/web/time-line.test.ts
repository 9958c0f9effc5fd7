import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { KeyDetail } from "../../web/client/shapes.ts";
import { toTimeLine } from "../../web/views/peer/time-line.ts";

function happened(
  events: readonly (readonly [sequence: number, at: string | null])[],
  refusals: readonly string[],
): Pick<KeyDetail, "events" | "refusals"> {
  return {
    events: events.map(([sequence, at]) => ({ sequence, at }) as KeyDetail["events"][number]),
    refusals: refusals.map((lastAt) => ({ lastAt }) as KeyDetail["refusals"][number]),
  };
}

describe("time line of a key", () => {
  it("has events and refusals in one line, the newest first", () => {
    const line = toTimeLine(
      happened(
        [
          [1, "2026-11-24T10:00:00.000Z"],
          [2, "2026-11-26T10:00:00.000Z"],
        ],
        ["2026-11-25T10:00:00.000Z"],
      ),
    );
    assert.deepEqual(
      line.map(({ kind, at }) => [kind, at.slice(8, 10)]),
      [
        ["event", "26"],
        ["refusal", "25"],
        ["event", "24"],
      ],
    );
  });

  it("has events of one moment as the chain has them", () => {
    const at = "2026-11-24T10:00:00.000Z";
    const line = toTimeLine(
      happened(
        [
          [7, at],
          [8, at],
        ],
        [],
      ),
    );
    assert.deepEqual(
      line.map((each) => each.kind === "event" && each.event.sequence),
      [8, 7],
    );
  });

  it("leaves out what has no time", () => {
    assert.deepEqual(toTimeLine(happened([[1, null]], [])), []);
  });
});
