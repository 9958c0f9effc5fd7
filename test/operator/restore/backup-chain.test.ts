import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  type BackupChain,
  compareChains,
  notOfThisStore,
  whyOnItsWord,
} from "../../../src/operator/restore/backup-chain.ts";
import type { TrustStore } from "../../../src/trust/port/trust-store.ts";
import { Archive } from "../support/archive.ts";

const compare = (store: TrustStore, backup: TrustStore): Promise<BackupChain> =>
  compareChains(store, backup, { backup: backup.head(), before: store.head() });

const head = (sequence: number): { sequence: number; hash: string } => ({ sequence, hash: "ab".repeat(32) });

const why = (chain: BackupChain, backup: number, before: number): string =>
  whyOnItsWord(chain, { backup: head(backup), before: head(before) }) ?? "";

const acts = (chain: BackupChain, backup: number, before: number): readonly string[] | undefined =>
  notOfThisStore(chain, { backup: head(backup), before: head(before) })?.remedies.map(({ act }) => act);

describe("the chain of a backup", () => {
  it("is within that of the store, ahead of it, or another one", async () => {
    await using archive = new Archive();
    await using other = new Archive();
    await archive.meet("anna");
    await using fork = await archive.fork();
    assert.equal(await compare(archive.store, fork.store), "within");
    await fork.meet("ben");
    assert.equal(await compare(archive.store, fork.store), "ahead");
    assert.equal(await compare(fork.store, archive.store), "within");
    await archive.meet("carl");
    assert.equal(await compare(archive.store, fork.store), "other");
    await fork.meet("dora");
    assert.equal(await compare(archive.store, fork.store), "other");
    assert.equal(await compare(archive.store, other.store), "other");
    assert.equal(await compare(other.store, archive.store), "other");
  });

  it("is taken on its word where something of it is not in the store, with which events", () => {
    assert.equal(why("within", 2, 3), "");
    assert.match(why("ahead", 4, 3), /^the backup has 1 event more than this store \(4\), /);
    assert.match(why("ahead", 9, 3), /^the backup has 6 events more than this store \(4 to 9\), /);
    assert.match(why("other", 4, 3), /is of another store.* ends at 4 abab.*, and is not that of this one$/);
    assert.match(why("other", 0, 3), /^the backup has no events/);
    assert.match(why("other", 3, 0), /^this store has no events/);
  });

  it("is refused with how to take it only where a store may have lost what it has", () => {
    assert.equal(acts("within", 2, 3), undefined);
    assert.deepEqual(acts("ahead", 4, 3), ["restore-on-its-word"]);
    assert.deepEqual(acts("other", 4, 0), ["restore-on-its-word"]);
    assert.deepEqual(acts("other", 4, 3), []);
    assert.deepEqual(acts("other", 0, 0), []);
  });
});
