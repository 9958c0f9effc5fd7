import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, it } from "node:test";
import { openDatabase } from "../../../src/node-sqlite.ts";
import { MemoryChangeLog } from "../../../src/store/log/memory-change-log.ts";
import { LogFollower } from "../../../src/store/replica/log-follower.ts";
import { ReplicaReader } from "../../../src/store/replica/replica-reader.ts";
import { createSchema } from "../../../src/store/sqlite/file/schema.ts";
import { SqliteWriter } from "../../../src/store/sqlite/writing/sqlite-writer.ts";
import { DirectChannel } from "../../../src/store/sqlite/writing/write-channel.ts";

/** Nobody is told that there is more: a replica may not depend on it. */
class SilentLog extends MemoryChangeLog {
  override onMore(): () => void {
    return () => undefined;
  }
}

describe("a replica that catches up", () => {
  it("has what was appended before it was asked to, at whichever moment of another look that was", async () => {
    const log = new SilentLog(Date.now);
    const database = openDatabase(":memory:");
    createSchema(database);
    const replica = new ReplicaReader(database);
    const follower = new LogFollower({
      log,
      replica,
      channel: new DirectChannel(new SqliteWriter(database)),
      leaveBranch: () => assert.fail("the log has all that is here"),
      onTrack: () => assert.fail("the log always had it"),
    });
    await follower.catchUp();
    for (let turns = 0; turns < 40; turns++) {
      const before = follower.catchUp();
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      // Is no change: that is what it comes to, and the replica goes on.
      const appended = log.append([{ id: randomUUID(), change: "{}" }], { node: randomUUID(), rules: 1 });
      const caughtUp = follower.catchUp();
      const [position] = await appended;
      await caughtUp;
      assert.equal(replica.place().position, position, `after ${turns} turns`);
      await before;
    }
    follower.stop();
  });
});
