import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { it } from "node:test";
import { PostgresCluster } from "../../../src/store/postgres/postgres-cluster.ts";
import { PostgresSnapshotShelf } from "../../../src/store/postgres/postgres-snapshot-shelf.ts";
import { LOG_START, type LogPlace } from "../../../src/trust/port/change-log.ts";
import { MOST_SNAPSHOTS, MOST_UNFINISHED } from "../../../src/trust/port/snapshot-shelf.ts";
import { CHAIN_START } from "../../../src/trust/records/events.ts";
import { snapshotShelfContract } from "../log/snapshot-shelf-contract.ts";
import { describeOnPostgres } from "./support/test-schema.ts";

describeOnPostgres((kind, make) => {
  it("keeps what a log that was cut goes on from, whoever says what of it, and makes as many as they like", async () => {
    await using schema = await make();
    const cluster = new PostgresCluster(schema.pool());
    const by = { node: randomUUID(), rules: 1 };
    for (let at = 0; at < 4; at++) await cluster.log.append([{ id: randomUUID(), change: "{}" }], by);
    const { entries } = await cluster.log.read(LOG_START, 4);
    const put = async (place: LogPlace): Promise<string> => {
      const { snapshots } = cluster;
      const facts = {
        id: randomUUID(),
        place,
        head: CHAIN_START,
        digest: "ab".repeat(32),
        madeBy: randomUUID(),
      };
      await snapshots.begin(facts);
      await snapshots.finish(facts.id);
      await snapshots.confirm(facts.id, { node: facts.madeBy, way: "anew", digest: facts.digest });
      return facts.id;
    };
    const [, , third = LOG_START] = entries;
    const needed = await put(third);
    await cluster.snapshots.keep([needed]);
    await cluster.log.cutBefore(3);
    await cluster.snapshots.confirm(needed, {
      node: randomUUID(),
      way: "follows",
      digest: "00".repeat(32),
    });
    for (let made = 0; made < 2 * MOST_SNAPSHOTS; made++)
      await put({ position: (made % 3) + 2, hash: made % 2 === 0 ? third.hash : "cd".repeat(32) });
    const ids = (await cluster.snapshots.list()).map(({ id }) => id);
    assert.deepEqual([ids.length, ids.includes(needed)], [MOST_SNAPSHOTS + 1, true]);
    await cluster.close();
  });

  it("gives up what nothing was added to for long, and not what is being made", async () => {
    await using schema = await make();
    const snapshots = new PostgresSnapshotShelf(schema.pool());
    const facts = { place: LOG_START, head: CHAIN_START, digest: "ab".repeat(32), madeBy: randomUUID() };
    const begun = Array.from({ length: MOST_UNFINISHED }, () => ({ ...facts, id: randomUUID() }));
    for (const one of begun) await snapshots.begin(one);
    const sql = await schema.pool().sql();
    await sql`UPDATE ${schema.pool().name(sql, "snapshots")} SET moved = moved - interval '1 hour'`;
    const [first = assert.fail()] = begun;
    await snapshots.put(first.id, 0, new Uint8Array(10));
    await snapshots.begin({ ...facts, id: randomUUID() });
    await assert.rejects(snapshots.finish(begun[1]?.id ?? ""));
    await snapshots.finish(first.id);
  });

  snapshotShelfContract(kind, async () => {
    const schema = await make();
    const open = (): PostgresSnapshotShelf => new PostgresSnapshotShelf(schema.pool());
    return { shelf: open(), another: open, [Symbol.asyncDispose]: () => schema[Symbol.asyncDispose]() };
  });
});
