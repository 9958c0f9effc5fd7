import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { SimulatedNode } from "./simulation/simulated-node.ts";
import { simulate } from "./simulation/simulation.ts";

// The long form is `npm run test:cluster -- --simulate`.
const CHANGES = 300;

describe("a cluster in virtual time", () => {
  for (const seed of ["1", "2", "3"]) {
    it(`holds what it promises, whatever goes wrong (seed ${seed})`, async () => {
      const report = await simulate({ seed, changes: CHANGES });
      assert.ok(report.faults.size > 8, "all kinds of faults");
    });
  }

  it("comes to the same, in the same steps, from the same seed", async () => {
    const [once, again] = [
      await simulate({ seed: "5", changes: 150 }),
      await simulate({ seed: "5", changes: 150 }),
    ];
    assert.deepEqual(again, once);
    const other = await simulate({ seed: "6", changes: 150 });
    assert.notEqual(other.trace, once.trace);
  });

  it("knows what became of every change while nothing goes wrong", async () => {
    const { unknown, away } = await simulate({ seed: "7", changes: 150, hasFaults: false });
    assert.deepEqual([unknown, away], [0, 0]);
  });
});

describe("what a simulation notices", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["a key that one node alone lets in again", "UPDATE keys SET state = 'trusted' WHERE state = 'revoked'"],
    ["a second key that has a name", "UPDATE keys SET name_key = 'peer-9' WHERE name_key GLOB 'peer-*'"],
    ["an event that one node alone has not", "DELETE FROM events WHERE sequence = 60"],
    [
      "a row that one node alone has otherwise",
      "UPDATE keys SET first_seen = 1 WHERE name_key GLOB 'peer-*'",
    ],
  ];
  for (const [what, harm] of cases) {
    it(`is ${what}`, async () => {
      let harmed: SimulatedNode | undefined;
      const harmOne = (node: SimulatedNode): void => {
        if (node.place().position < 150) return;
        harmed ??= node;
        if (harmed === node) node.database.exec(harm);
      };
      await assert.rejects(simulate({ seed: "8", changes: 300, harm: harmOne }), (error: Error) => {
        assert.match(error.message, /should be|one has|more than one key|other rows/);
        assert.match(error.message, /again: npm run test:cluster -- --simulate --seed 8 --changes 300/);
        return true;
      });
    });
  }
});
