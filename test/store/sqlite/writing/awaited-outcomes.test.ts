import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { AwaitedOutcomes } from "../../../../src/store/sqlite/writing/awaited-outcomes.ts";
import type { Written } from "../../../../src/store/sqlite/writing/write-result.ts";

const DONE: Written = { ok: true, outcome: { kind: "changed", keys: [] } };

describe("outcomes that somebody waits for", () => {
  it("are asked for together, and only those that the replica can have by then", async () => {
    const asked: (readonly string[])[] = [];
    const awaited = new AwaitedOutcomes((ids) => {
      asked.push(ids);
      return new Map(ids.map((id) => [id, DONE]));
    });
    const [one, two, later] = [awaited.of("one", 7), awaited.of("two", 8), awaited.of("later", 9)];
    awaited.look(6);
    assert.deepEqual(asked, []);
    awaited.look(8);
    assert.deepEqual(asked, [["one", "two"]]);
    assert.deepEqual(await Promise.all([one, two]), [DONE, DONE]);
    for (const id of ["one", "two"]) awaited.forget(id);
    awaited.look(9);
    assert.deepEqual(asked[1], ["later"]);
    assert.equal(await later, DONE);
  });

  it("are waited for until they are there, or cannot be read", async () => {
    let isBroken = false;
    const awaited = new AwaitedOutcomes(() => {
      if (isBroken) throw new Error("the disk is gone");
      return new Map();
    });
    const outcome = awaited.of("one", 1);
    awaited.look(1);
    isBroken = true;
    awaited.look(2);
    await assert.rejects(outcome, { message: "the disk is gone" });
  });
});
