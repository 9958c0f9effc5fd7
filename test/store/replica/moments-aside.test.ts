import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { MomentsAside } from "../../../src/store/replica/moments-aside.ts";
import type { ReadRow } from "../../../src/trust/port/shared-rows.ts";

function seenAt(key: string, at: number): ReadRow {
  return { kind: "seen", key, value: "", at, node: null, ageMs: 0 };
}

describe("moments that are set aside", () => {
  it("are ready once the log was carried out that they were there before", async () => {
    const logs: PromiseWithResolvers<void>[] = [];
    const aside = new MomentsAside(() => {
      const log = Promise.withResolvers<void>();
      logs.push(log);
      return log.promise;
    });
    aside.put([seenAt("a", 1), seenAt("b", 1)]);
    const first = aside.carry();
    aside.put([seenAt("b", 2), seenAt("c", 2)]);
    await Promise.resolve();
    logs[0]?.resolve();
    await first;
    assert.deepEqual(aside.ready(), [seenAt("a", 1), seenAt("b", 1)]);
    aside.written(2);
    const second = aside.carry();
    await Promise.resolve();
    logs[1]?.resolve();
    await second;
    assert.deepEqual(aside.ready(), [seenAt("b", 2), seenAt("c", 2)]);
    assert.ok(!aside.areWaiting);
  });

  it("stay where the log could not be carried out", async () => {
    let isAway = true;
    const aside = new MomentsAside(async () => {
      if (isAway) throw new Error("away");
    });
    aside.put([seenAt("a", 1)]);
    await assert.rejects(aside.carry());
    assert.ok(aside.areWaiting && !aside.areReady);
    isAway = false;
    await aside.carry();
    assert.deepEqual(aside.ready(), [seenAt("a", 1)]);
  });

  it("are only so many, each as small as it has to be", async () => {
    const aside = new MomentsAside(async () => undefined, 2);
    aside.put([{ ...seenAt("a", 1), value: "long" }, seenAt("x".repeat(101), 1), seenAt("b", 1)]);
    aside.put([seenAt("c", 1), seenAt("a", 2)]);
    await aside.carry();
    assert.deepEqual(aside.ready(), [seenAt("a", 2), seenAt("b", 1)]);
  });
});
