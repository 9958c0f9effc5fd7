import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, it } from "node:test";
import { openDatabase } from "../../../src/node-sqlite.ts";
import { MemoryNodeRoster } from "../../../src/store/log/memory-node-roster.ts";
import { NodeSelf } from "../../../src/store/replica/node-self.ts";
import { thisBoot } from "../../../src/store/replica/this-boot.ts";
import { createSchema } from "../../../src/store/sqlite/file/schema.ts";

function selfOf(id: string, runOn?: string): NodeSelf {
  const database = openDatabase(":memory:");
  createSchema(database);
  return new NodeSelf(database, { id, name: () => "edge-1", ...(runOn !== undefined && { runOn }) });
}

describe("a machine among others", () => {
  it("is told apart from one that was made of a copy of its disk, by both, and not from its own processes", async () => {
    const roster = new MemoryNodeRoster(Date.now, 1);
    const [id, other] = [randomUUID(), randomUUID()];
    const [one, twin] = [selfOf(id, "one"), selfOf(id, "two")];
    const [first, second] = [selfOf(other), selfOf(other)];
    for (let beats = 0; beats < 3; beats++)
      for (const self of [one, twin, first, second]) await roster.beat(self.report());
    const nodes = await roster.nodes();
    for (const self of [one, twin, first, second]) self.compare(nodes);
    assert.deepEqual(
      [one, twin, first, second].map(({ isDoubled }) => isDoubled),
      [true, true, false, false],
    );
    assert.equal(thisBoot(), thisBoot());
  });
});
