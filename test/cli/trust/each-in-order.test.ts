import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import { describe, it } from "node:test";
import { eachInOrder } from "../../../src/cli/trust/each-in-order.ts";

describe("eachInOrder", () => {
  it("says what came of each in their order, with a few under way at once", async () => {
    let underWay = 0;
    let most = 0;
    const act = async (item: number): Promise<number> => {
      most = Math.max(most, ++underWay);
      for (let turn = 0; turn < 5 - item; turn++) await setImmediate();
      underWay--;
      if (item === 3) throw new Error("three");
      return item * 10;
    };
    const said: string[] = [];
    for await (const { item, result } of eachInOrder([0, 1, 2, 3, 4], act, 2)) {
      said.push(`${item} ${result.status === "fulfilled" ? result.value : String(result.reason)}`);
    }

    assert.deepEqual(said, ["0 0", "1 10", "2 20", "3 Error: three", "4 40"]);
    assert.equal(most, 2);
  });

  it("waits for what is under way when it is left early", async () => {
    let done = 0;
    const act = async (): Promise<void> => {
      await setImmediate();
      done++;
    };
    for await (const { item } of eachInOrder([0, 1, 2, 3], act, 2)) if (item === 0) break;

    assert.equal(done, 2);
  });
});
