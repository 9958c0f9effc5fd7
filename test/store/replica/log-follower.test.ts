import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, it } from "node:test";
import { openDatabase } from "../../../src/node-sqlite.ts";
import { MemorySnapshotShelf } from "../../../src/store/log/memory-snapshot-shelf.ts";
import { MemoryCluster } from "../../../src/store/log/memory-cluster.ts";
import { MemoryChangeLog } from "../../../src/store/log/memory-change-log.ts";
import { MemoryNodeRoster } from "../../../src/store/log/memory-node-roster.ts";
import { LogFollower } from "../../../src/store/replica/log-follower.ts";
import { NodeSelf } from "../../../src/store/replica/node-self.ts";
import { ReplicaReader } from "../../../src/store/replica/replica-reader.ts";
import type { Runtime } from "../../../src/store/replica/runtime.ts";
import { createSchema } from "../../../src/store/sqlite/file/schema.ts";
import { SqliteWriter } from "../../../src/store/sqlite/writing/sqlite-writer.ts";
import { DirectChannel, type WriteChannel } from "../../../src/store/sqlite/writing/write-channel.ts";
import { RULES } from "../../../src/trust/rules.ts";
import { type Appender, LOG_START, type LogPlace, type LogRead } from "../../../src/trust/port/change-log.ts";
import type { Cluster } from "../../../src/trust/port/cluster.ts";
import type { Beat, NodeReport } from "../../../src/trust/port/node-roster.ts";

/** Nobody is told that there is more: a replica may not depend on it. */
class SilentLog extends MemoryChangeLog {
  override onMore(): () => void {
    return () => undefined;
  }
}

/** Answers as much at once as a database does where changes are long, and tells what it was asked. */
class SlowLog extends SilentLog {
  readonly asked: number[] = [];

  override async read(after: LogPlace, most: number): Promise<LogRead> {
    this.asked.push(after.position);
    return super.read(after, Math.min(most, 3));
  }
}

/** Others append whenever it is read. */
class BusyLog extends SilentLog {
  override async read(after: LogPlace, most: number): Promise<LogRead> {
    await this.append([draft()], by(RULES));
    return super.read(after, most);
  }
}

type Shared = Pick<Cluster, "log" | "nodes"> & Partial<Pick<Cluster, "snapshots">>;

interface Followed {
  readonly cluster: Shared;
  readonly replica: ReplicaReader;
  readonly follower: LogFollower;
}

function follow(
  shared: Shared,
  runtime?: Runtime,
  over = (channel: WriteChannel) => channel,
  appendLater = async () => false,
): Followed {
  const cluster = { ...shared, hangUp: () => undefined };
  const database = openDatabase(":memory:");
  createSchema(database);
  const replica = new ReplicaReader(database);
  const follower = new LogFollower({
    cluster: { snapshots: new MemorySnapshotShelf(Date.now), ...cluster },
    self: new NodeSelf(database, { id: randomUUID(), name: () => "node" }),
    replica,
    channel: over(new DirectChannel(new SqliteWriter(database))),
    leaveBranch: () => assert.fail("the log has all that is here"),
    appendLater,
    onTrack: () => assert.fail("the log always had it"),
    ...(runtime && { runtime }),
  });
  return { cluster, replica, follower };
}

/** Is no change: that is what it comes to, and the replica goes on. */
const draft = (): { readonly id: string; readonly change: string } => ({ id: randomUUID(), change: "{}" });
const by = (rules: number): Appender => ({ node: randomUUID(), rules });

describe("a replica that catches up", () => {
  it("has what was appended before it was asked to, at whichever moment of another look that was", async () => {
    const log = new SilentLog(Date.now);
    const nodes = new MemoryNodeRoster(Date.now, 1);
    const { replica, follower } = follow({ log, nodes });
    await follower.catchUp();
    for (let turns = 0; turns < 40; turns++) {
      const before = follower.catchUp();
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      const appended = log.append([draft()], by(RULES));
      const caughtUp = follower.catchUp();
      const [position] = await appended;
      await caughtUp;
      assert.equal(replica.place().position, position, `after ${turns} turns`);
      await before;
    }
    follower.stop();
  });

  it("reads what comes next while it carries out what it read", async () => {
    const log = new SlowLog(Date.now);
    const during: (readonly number[])[] = [];
    const { replica, follower } = follow(
      { log, nodes: new MemoryNodeRoster(Date.now, 1) },
      undefined,
      (channel) => ({
        write: async (write) => {
          const done = await channel.write(write);
          if (write.kind === "entries") during.push([...log.asked]);
          return done;
        },
        close: () => channel.close(),
      }),
    );
    await log.append(Array.from({ length: 8 }, draft), by(RULES));
    await follower.catchUp();
    follower.stop();
    assert.equal(replica.place().position, 8);
    assert.deepEqual(during, [
      [0, 3],
      [0, 3, 6],
      [0, 3, 6],
    ]);
  });

  it("reads anew where another process on it was faster", async () => {
    const log = new SlowLog(Date.now);
    let isFirst = true;
    const { replica, follower } = follow(
      { log, nodes: new MemoryNodeRoster(Date.now, 1) },
      undefined,
      (channel) => ({
        write: async (write) => {
          if (write.kind !== "entries" || !isFirst) return channel.write(write);
          isFirst = false;
          const { entries } = await log.read(LOG_START, 3);
          const more = await log.read({ position: 3, hash: entries.at(-1)?.hash ?? "" }, 3);
          return channel.write({ ...write, entries: [...entries, ...more.entries.slice(0, 2)] });
        },
        close: () => channel.close(),
      }),
    );
    await log.append(Array.from({ length: 8 }, draft), by(RULES));
    await follower.catchUp();
    follower.stop();
    assert.equal(replica.place().position, 8);
    assert.equal(log.asked.at(-1), 5);
  });

  it("appends what was done here alone, however steadily others append", async () => {
    const asked: number[] = [];
    const shared = { log: new BusyLog(Date.now), nodes: new MemoryNodeRoster(Date.now, 1) };
    const appendLater = async (): Promise<boolean> => asked.push(followed.replica.place().position) === 1;
    const followed = follow(shared, undefined, undefined, appendLater);
    await followed.follower.catchUp();
    followed.follower.stop();
    assert.deepEqual(asked.slice(0, 2), [1, 2]);
  });

  it("says how far it is before it looks", async () => {
    const { cluster, follower } = follow(new MemoryCluster());
    await cluster.log.append([draft(), draft()], by(1));
    await follower.look();
    await follower.look();
    const [node = assert.fail()] = await cluster.nodes.nodes();
    assert.deepEqual([node.name, node.position, node.rules], ["node", 2, RULES]);
    follower.stop();
  });

  it("goes as far as it knows the rules, and no further", async () => {
    const { cluster, replica, follower } = follow(new MemoryCluster());
    await cluster.log.append([draft(), draft()], by(RULES));
    await cluster.log.append([draft()], by(RULES + 1));
    await cluster.log.append([draft()], by(RULES));
    const newer = { code: "ERR_HANDCLASP_STORE_NEWER", details: { rules: RULES + 1, known: RULES } };
    await assert.rejects(follower.catchUp(), newer);
    await assert.rejects(follower.look(), newer);
    assert.equal(replica.place().position, 2);
    follower.stop();
  });

  it("is not as new as the others when those go by rules that it does not know, and appends nothing", async () => {
    const { cluster, replica, follower } = follow(new MemoryCluster());
    await cluster.log.append([draft()], by(RULES));
    await follower.look();
    assert.equal(await follower.rules(), RULES);
    await cluster.nodes.forget((await cluster.nodes.nodes())[0]?.id ?? "");
    assert.deepEqual(await cluster.nodes.raiseRules(RULES + 1), []);
    await assert.rejects(follower.look(), { code: "ERR_HANDCLASP_STORE_NEWER" });
    await assert.rejects(follower.rules(), { code: "ERR_HANDCLASP_STORE_NEWER" });
    assert.equal(replica.place().position, 1);
    follower.stop();
  });

  it("is made up to date by nobody who cannot be written, and follows it all the same", async () => {
    class Copy extends MemoryNodeRoster {
      override async beat(report: NodeReport): Promise<Beat> {
        return { ...(await super.beat(report)), isWritten: false };
      }
    }
    const log = new MemoryChangeLog(Date.now);
    const { replica, follower } = follow({ log, nodes: new Copy(Date.now, 1) });
    await log.append([draft()], by(RULES));
    await assert.rejects(follower.look(), { code: "ERR_HANDCLASP_STORE_READ", message: /is a standby/ });
    assert.equal(replica.place().position, 1);
    follower.stop();
  });

  it("rests when it has read, unless somebody waits: what others append meanwhile is read together", async () => {
    const time = new VirtualTime();
    const reads: number[] = [];
    class Slow extends MemoryChangeLog {
      override async read(
        ...place: Parameters<MemoryChangeLog["read"]>
      ): ReturnType<MemoryChangeLog["read"]> {
        await new Promise<void>((resolve) => time.after(10, resolve));
        reads.push(time.elapsed());
        return super.read(...place);
      }
    }
    const cluster = { log: new Slow(Date.now), nodes: new MemoryNodeRoster(Date.now, 1) };
    const { replica, follower } = follow(cluster, time);
    await time.pass(100);
    const began = time.elapsed();
    reads.length = 0;
    const append = (): Promise<readonly number[]> => cluster.log.append([draft()], by(RULES));
    await append();
    await time.pass(15);
    for (let count = 0; count < 3; count++) {
      await append();
      await time.pass(1);
    }
    await time.pass(50);
    assert.equal(replica.place().position, 4);
    assert.deepEqual(
      reads.map((at) => at - began),
      [10, 40],
    );
    await append();
    await time.pass(11);
    const [position = 0] = await append();
    const reached = follower.reach(position);
    await time.pass(10);
    await reached;
    assert.equal(replica.place().position, 6);
    assert.equal(reads.length, 4);
    follower.stop();
  });

  for (const [tells, name, looks] of [
    [true, "looks once a second where the log tells of more", 10],
    [false, "looks every 200 ms where it does not, and says how far it is once a second", 50],
  ] as const) {
    it(name, async () => {
      let reads = 0;
      let beats = 0;
      class Counted extends MemoryChangeLog {
        override readonly tells = tells;
        override read(...place: Parameters<MemoryChangeLog["read"]>): ReturnType<MemoryChangeLog["read"]> {
          reads++;
          return super.read(...place);
        }
      }
      class CountedRoster extends MemoryNodeRoster {
        override beat(report: NodeReport): Promise<Beat> {
          beats++;
          return super.beat(report);
        }
      }
      const cluster = {
        log: new Counted(Date.now),
        nodes: new CountedRoster(Date.now, 1),
      };
      const time = new VirtualTime();
      const { follower } = follow(cluster, time);
      await time.pass(10_000);
      follower.stop();
      assert.ok(Math.abs(reads - looks) <= 1, `${reads} reads`);
      assert.ok(Math.abs(beats - 10) <= 1, `${beats} beats`);
    });
  }
});

/** Time that passes when a test says so. */
class VirtualTime implements Runtime {
  #ms = 0;
  #due: { readonly at: number; readonly call: () => void }[] = [];
  readonly newId = randomUUID;
  readonly random = (): number => 0.5;
  readonly soon = (call: () => void): void => void setImmediate(call);
  readonly now = (): number => this.#ms;
  readonly elapsed = (): number => this.#ms;

  after(ms: number, call: () => void): () => void {
    const one = { at: this.#ms + ms, call };
    this.#due.push(one);
    return () => void (this.#due = this.#due.filter((other) => other !== one));
  }

  every(ms: number, call: () => void): () => void {
    let isStopped = false;
    const again = (): void => {
      if (isStopped) return;
      this.after(ms, again);
      call();
    };
    this.after(ms, again);
    return () => void (isStopped = true);
  }

  async pass(ms: number): Promise<void> {
    const end = this.#ms + ms;
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      const next = this.#due.toSorted((a, b) => a.at - b.at)[0];
      if (next === undefined || next.at > end) break;
      this.#due = this.#due.filter((one) => one !== next);
      this.#ms = next.at;
      next.call();
    }
    this.#ms = end;
  }
}
