import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { describe, it } from "node:test";
import {
  counts,
  MOST_BASES,
  MOST_PART_BYTES,
  MOST_SNAPSHOTS,
  MOST_UNFINISHED,
  type SnapshotFacts,
  type SnapshotShelf,
} from "../../../src/trust/port/snapshot-shelf.ts";

export interface OpenedShelf extends AsyncDisposable {
  readonly shelf: SnapshotShelf;
  /** Another one of the same snapshots. */
  another(): SnapshotShelf;
}

const DIGEST = "ab".repeat(32);
const UNWRITTEN = { code: "ERR_HANDCLASP_STORE_WRITE" };
const UNREAD = { code: "ERR_HANDCLASP_STORE_READ" };

function factsAt(position: number): SnapshotFacts {
  return {
    id: randomUUID(),
    place: { position, hash: "cd".repeat(32) },
    head: { sequence: position, hash: "ef".repeat(32) },
    digest: DIGEST,
    madeBy: randomUUID(),
  };
}

/** What every shelf of snapshots promises. */
export function snapshotShelfContract(kind: string, open: () => Promise<OpenedShelf>): void {
  describe(`a shelf of snapshots: ${kind}`, () => {
    it("gives back to everybody, byte by byte, what was put on it, once it is finished", async () => {
      await using opened = await open();
      const { shelf } = opened;
      const facts = factsAt(3);
      const parts = [randomBytes(10), Buffer.alloc(0), randomBytes(100_000)];
      await shelf.begin(facts);
      for (const [part, bytes] of parts.entries()) await shelf.put(facts.id, part, bytes);
      assert.deepEqual(await shelf.list(), []);
      await assert.rejects(shelf.part(facts.id, 0), UNREAD);
      await shelf.finish(facts.id);
      const other = opened.another();
      const [found] = await other.list();
      assert.deepEqual(found, { ...facts, parts: 3, bytes: 100_010, at: found?.at, words: [], kept: false });
      assert.ok(Number.isInteger(found?.at));
      for (const [part, bytes] of parts.entries()) {
        assert.deepEqual(Buffer.from(await other.part(facts.id, part)), bytes);
      }
      await assert.rejects(shelf.part(facts.id, 3), UNREAD);
    });

    it("takes parts in their order alone, none that is too large, and none once it is finished", async () => {
      await using opened = await open();
      const { shelf } = opened;
      const { id, ...facts } = factsAt(3);
      await shelf.begin({ id, ...facts });
      await assert.rejects(shelf.put(id, 1, randomBytes(1)), UNWRITTEN);
      await assert.rejects(shelf.put(id, 0, Buffer.alloc(MOST_PART_BYTES + 1)), UNWRITTEN);
      await shelf.put(id, 0, randomBytes(1));
      await assert.rejects(shelf.put(id, 0, randomBytes(1)), UNWRITTEN);
      await shelf.finish(id);
      await assert.rejects(shelf.put(id, 1, randomBytes(1)), UNWRITTEN);
      await assert.rejects(shelf.finish(id), UNWRITTEN);
      await assert.rejects(shelf.put(randomUUID(), 0, randomBytes(1)), UNWRITTEN);
    });

    it("has a snapshot count that two nodes came to, or one who carried the log out anew, and nobody else", async () => {
      await using opened = await open();
      const { shelf } = opened;
      const facts = factsAt(3);
      const isCounted = async (): Promise<boolean> => {
        const [snapshot] = await shelf.list();
        return snapshot !== undefined && counts(snapshot);
      };
      await shelf.begin(facts);
      await assert.rejects(
        shelf.confirm(facts.id, { node: randomUUID(), way: "anew", digest: DIGEST }),
        UNWRITTEN,
      );
      await shelf.finish(facts.id);
      assert.equal(await isCounted(), false);
      const word = { node: facts.madeBy, way: "follows", digest: DIGEST } as const;
      await shelf.confirm(facts.id, word);
      await shelf.confirm(facts.id, word);
      assert.equal(await isCounted(), false);
      await shelf.confirm(facts.id, { ...word, node: randomUUID() });
      assert.equal(await isCounted(), true);
      await shelf.confirm(facts.id, { ...word, node: randomUUID(), digest: "00".repeat(32) });
      assert.equal(await isCounted(), false);
      await shelf.confirm(facts.id, { ...word, way: "anew" });
      assert.equal(await isCounted(), false);
    });

    it("lists the furthest first, and forgets what is dropped", async () => {
      await using opened = await open();
      const { shelf } = opened;
      for (const position of [0, 5, 2]) {
        const facts = factsAt(position);
        await shelf.begin(facts);
        await shelf.finish(facts.id);
      }
      const positions = async (): Promise<readonly number[]> =>
        (await shelf.list()).map(({ place }) => place.position);
      assert.deepEqual(await positions(), [5, 2, 0]);
      await shelf.drop((await shelf.list())[1]?.id ?? "");
      assert.deepEqual(await positions(), [5, 0]);
    });

    it("has some be made side by side, whoever else begins some, and no more than that", async () => {
      await using opened = await open();
      const { shelf } = opened;
      const facts = factsAt(1);
      const begun = Array.from({ length: MOST_UNFINISHED }, () => ({ ...facts, id: randomUUID() }));
      for (const one of begun) await shelf.begin(one);
      await assert.rejects(shelf.begin({ ...facts, id: randomUUID() }), {
        ...UNWRITTEN,
        message: /4 others are being made/,
      });
      for (const { id } of begun) {
        await shelf.put(id, 0, randomBytes(10));
        await shelf.finish(id);
      }
      await shelf.begin({ ...facts, id: randomUUID() });
    });

    it("keeps what its owner keeps, which counts whoever says what of it, until it is dropped", async () => {
      await using opened = await open();
      const { shelf } = opened;
      const put = async (facts: SnapshotFacts): Promise<string> => {
        await shelf.begin(facts);
        await shelf.finish(facts.id);
        await shelf.confirm(facts.id, { node: facts.madeBy, way: "anew", digest: DIGEST });
        return facts.id;
      };
      for (let made = 0; made < MOST_BASES; made++) await put(factsAt(4));
      const kept = await put(factsAt(4));
      await shelf.keep([kept]);
      await shelf.confirm(kept, { node: randomUUID(), way: "follows", digest: "00".repeat(32) });
      for (let made = 0; made < 2 * MOST_SNAPSHOTS; made++) await put(factsAt(5 + made));
      const found = (await shelf.list()).find(({ id }) => id === kept);
      assert.deepEqual([found?.kept, found && counts(found)], [true, true]);
      const [other = assert.fail()] = await shelf.list();
      await shelf.keep([other.id]);
      const marked = (await shelf.list()).filter((one) => one.kept);
      assert.deepEqual(
        marked.map(({ id }) => id),
        [other.id],
      );
      await shelf.drop(kept);
      assert.ok(!(await shelf.list()).some(({ id }) => id === kept));
      await assert.rejects(shelf.keep([kept]), UNWRITTEN);
      const unfinished = factsAt(9);
      await shelf.begin(unfinished);
      await assert.rejects(shelf.keep([unfinished.id]), UNWRITTEN);
    });

    it("has one that was finished a moment ago wait for somebody's word, however many there are that count", async () => {
      await using opened = await open();
      const { shelf } = opened;
      for (let made = 0; made < MOST_SNAPSHOTS; made++) {
        const facts = factsAt(2 + made);
        await shelf.begin(facts);
        await shelf.finish(facts.id);
        await shelf.confirm(facts.id, { node: facts.madeBy, way: "anew", digest: DIGEST });
      }
      const mine = factsAt(20);
      await shelf.begin(mine);
      await shelf.finish(mine.id);
      await shelf.begin(factsAt(21));
      await shelf.confirm(mine.id, { node: mine.madeBy, way: "anew", digest: DIGEST });
    });

    it("makes room for one more: nobody keeps others from making one, and what the log begins with stays", async () => {
      await using opened = await open();
      const { shelf } = opened;
      const put = async (facts: SnapshotFacts, isCounted: boolean): Promise<string> => {
        await shelf.begin(facts);
        await shelf.finish(facts.id);
        if (isCounted) await shelf.confirm(facts.id, { node: facts.madeBy, way: "anew", digest: DIGEST });
        return facts.id;
      };
      const ids = async (): Promise<readonly string[]> => (await shelf.list()).map(({ id }) => id);
      const base = await put(factsAt(0), true);
      const counted = [await put(factsAt(2), true), await put(factsAt(1), true)];
      const others: string[] = [];
      for (let made = 0; made < 3 * MOST_SNAPSHOTS; made++) others.push(await put(factsAt(9), false));
      const kept = [base, ...counted, ...others.slice(-(MOST_SNAPSHOTS - 3))];
      assert.deepEqual((await ids()).toSorted(), kept.toSorted());
      const more: string[] = [];
      for (let made = 0; made < MOST_SNAPSHOTS; made++) more.push(await put(factsAt(made % 3), true));
      assert.deepEqual((await ids()).toSorted(), [base, ...more.slice(0, 1), ...more.slice(2)].toSorted());
    });
  });
}
