import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { describe, it } from "node:test";
import { Deadlines, type Waiting } from "../../../src/guard/arrivals/deadlines.ts";

function waiting(): Waiting {
  return { transport: new PassThrough(), dueAt: 0 };
}

function destroyed(connections: readonly Waiting[]): readonly boolean[] {
  return connections.map(({ transport }) => transport.destroyed);
}

describe("Deadlines", () => {
  it("drops the oldest for one too many, and those that are spared only when there is no other", () => {
    const whys: string[] = [];
    const deadlines = new Deadlines(2, 60_000, (why) => whys.push(why));
    const all = [waiting(), waiting(), waiting(), waiting()] as const;
    const [spared, second, third, fourth] = all;
    for (const connection of [spared, second]) deadlines.add(connection);
    deadlines.spare(spared);
    deadlines.add(third);
    assert.deepEqual(destroyed(all), [false, true, false, false]);
    deadlines.spare(third);
    assert.deepEqual([deadlines.size, deadlines.spared], [2, 2]);
    deadlines.add(fourth);
    assert.deepEqual(destroyed(all), [true, true, false, false]);
    assert.deepEqual(whys, ["dropped", "dropped"]);
    deadlines.clear();
  });

  it("ends those whose time is over, and no others", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const whys: string[] = [];
    const deadlines = new Deadlines(10, 40, (why) => {
      whys.push(why);
      if (whys.length === 2) resolve();
    });
    const [late, done, later] = [waiting(), waiting(), waiting()];
    for (const connection of [late, done, later]) deadlines.add(connection);
    deadlines.delete(done);
    const keepsAlive = setTimeout(() => undefined, 60_000);
    await promise.finally(() => clearTimeout(keepsAlive));
    assert.deepEqual(destroyed([late, done, later]), [true, false, true]);
    assert.deepEqual([whys, deadlines.size], [["timedOut", "timedOut"], 0]);
  });

  it("ends all at once when it is told to, which nobody counts", () => {
    const whys: string[] = [];
    const deadlines = new Deadlines(10, 60_000, (why) => whys.push(why));
    const all = [waiting(), waiting()];
    for (const connection of all) deadlines.add(connection);
    deadlines.clear();
    assert.deepEqual([destroyed(all), deadlines.size, whys], [[true, true], 0, []]);
  });
});
