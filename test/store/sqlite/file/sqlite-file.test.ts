import assert from "node:assert/strict";
import {
  existsSync,
  linkSync,
  lstatSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, it } from "node:test";
import { spawnSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { EventFeed } from "../../../../src/store/sqlite/file/event-feed.ts";
import { SCHEMA } from "../../../../src/store/sqlite/file/schema.ts";
import { connect } from "../../../../src/store/sqlite/file/sqlite-file.ts";
import { openSqliteStore } from "../../../../src/store/sqlite/sqlite-store.ts";
import { Trust } from "../../../../src/trust/trust.ts";
import type { TrustStore } from "../../../../src/trust/port/trust-store.ts";
import { claimOf } from "../../../../src/testing/contract/claims.ts";
import { factsOf } from "../../../support/certificates.ts";
import { temporaryFolder } from "../../../support/temporary-folder.ts";
import { newPath, storeWithAnna, until } from "../support/stores.ts";

function readFails(store: TrustStore, facts: ReturnType<typeof factsOf>): boolean {
  try {
    store.key(facts.pin);
    return false;
  } catch (error) {
    assert.equal((error as { code?: string }).code, "ERR_HANDCLASP_STORE_READ");
    return true;
  }
}

/** It is not opened, and not a byte of it changes. */
function assertRefused(path: string, code: string): void {
  const before = readFileSync(path);
  assert.throws(() => openSqliteStore(path), { code, name: "HandclaspError" });
  assert.deepEqual(readFileSync(path), before);
}

describe("a sqlite store that cannot be trusted is not opened, and stays as it is (attack 10)", () => {
  it("refuses a file that is no database", () => {
    const path = newPath();
    writeFileSync(path, "this is not a database, though it is long enough to look at\n".repeat(40));
    assertRefused(path, "ERR_HANDCLASP_STORE_CORRUPT");
  });

  it("refuses an empty file: a trust store never is", () => {
    const path = newPath();
    writeFileSync(path, "");
    assertRefused(path, "ERR_HANDCLASP_STORE_CORRUPT");
  });

  it("refuses another program's database", () => {
    const path = newPath();
    const database = new DatabaseSync(path);
    database.exec("CREATE TABLE keys (a)");
    database.close();
    assertRefused(path, "ERR_HANDCLASP_STORE_CORRUPT");
  });

  it("refuses a schema newer than its own", async () => {
    const path = newPath();
    await storeWithAnna(path);
    const database = new DatabaseSync(path);
    database.exec(`PRAGMA user_version = ${SCHEMA + 1}`);
    database.close();
    assertRefused(path, "ERR_HANDCLASP_STORE_NEWER");
  });

  it("refuses a database with damage inside", async () => {
    const path = newPath();
    await storeWithAnna(path, 300);
    const bytes = readFileSync(path);
    bytes.fill(0xa5, 4096 * 3, 4096 * 6);
    writeFileSync(path, bytes);
    assertRefused(path, "ERR_HANDCLASP_STORE_CORRUPT");
  });

  it("refuses a file with a second name: each would have a log of its own", async () => {
    const path = newPath();
    await storeWithAnna(path);
    linkSync(path, `${path}.other`);
    assertRefused(path, "ERR_HANDCLASP_STORE_OPEN");
  });

  it("refuses a folder in its place, and says that it is one", () => {
    const expected = { code: "ERR_HANDCLASP_STORE_OPEN", message: /is a folder: a trust store is a file$/ };
    assert.throws(() => openSqliteStore(temporaryFolder()), expected);
  });

  for (const end of ["-wal", "-journal"]) {
    it(`makes none where the ${end} file of one that is gone has changes: they would come to be in it`, async () => {
      const path = newPath();
      const former = newPath();
      await using store = openSqliteStore(former);
      await store.apply(claimOf(factsOf("anna")));
      writeFileSync(`${path}${end}`, readFileSync(`${former}-wal`));
      assert.throws(() => openSqliteStore(path), {
        code: "ERR_HANDCLASP_STORE_OPEN",
        message: `the last changes of a store that is gone lie in ${path}${end}`,
      });
      assert.ok(!existsSync(path));
      assert.deepEqual(readFileSync(`${path}${end}`), readFileSync(`${former}-wal`));
    });
  }

  it("makes a new store where an empty log lies", async () => {
    const path = newPath();
    writeFileSync(`${path}-wal`, "");
    const anna = await storeWithAnna(path);
    await using store = openSqliteStore(path);
    assert.equal(store.key(anna.pin)?.state, "trusted");
  });

  it("makes a new store where a link leads that leads to nothing yet", async () => {
    const path = newPath();
    const link = newPath();
    symlinkSync(path, link);
    const anna = await storeWithAnna(link);
    assert.ok(lstatSync(link).isSymbolicLink());
    await using store = openSqliteStore(path);
    assert.equal(store.key(anna.pin)?.state, "trusted");
  });

  it("makes a new store for its owner alone", async () => {
    const path = newPath();
    await storeWithAnna(path);
    assert.equal(statSync(path).mode & 0o777, 0o600);
  });
});

describe("a sqlite store that fails while it is in use", () => {
  it("answers nothing while its file is away, and goes on when it is put back", async () => {
    const path = newPath();
    const anna = await storeWithAnna(path);
    await using store = openSqliteStore(path);
    await using trust = new Trust(store, {
      policy: { firstUse: "accept" },
      now: Date.now,
      process: "test 1",
    });
    const showing = { certificate: anna, caSigned: false, remoteAddress: "192.0.2.1" };
    assert.equal(trust.judge(showing).decision, "admit");
    renameSync(path, `${path}.away`);
    await until(() => readFails(store, anna));
    const refused = trust.judge(showing);
    assert.equal(refused.decision === "refuse" && refused.reason, "store-unavailable");
    await assert.rejects(store.apply(claimOf(factsOf("ben"))), { code: "ERR_HANDCLASP_STORE_READ" });
    renameSync(`${path}.away`, path);
    await until(() => !readFails(store, anna));
    assert.equal(trust.judge(showing).decision, "admit");
  });

  it("answers nothing, either, when a write that was under way ends while its file is away", async () => {
    const path = newPath();
    await storeWithAnna(path);
    const database = connect(path);
    const feed = new EventFeed(database, path);
    renameSync(path, `${path}.away`);
    await until(() => feed.failure !== undefined);
    feed.announce();
    assert.match(feed.failure?.message ?? "", /was removed/);
    feed.stop();
    database.close();
  });

  it("answers nothing when another store is put in its place", async () => {
    const path = newPath();
    const anna = await storeWithAnna(path);
    await using store = openSqliteStore(path);
    renameSync(path, `${path}.away`);
    await storeWithAnna(path);
    await until(() => readFails(store, anna));
  });

  for (const part of ["-wal", "-shm"]) {
    it(`answers nothing when its ${part} file is removed: others would write to another one`, async () => {
      const path = newPath();
      const anna = await storeWithAnna(path);
      await using store = openSqliteStore(path);
      rmSync(`${path}${part}`);
      await until(() => readFails(store, anna));
    });
  }

  it("answers nothing when a backup is copied over it", async () => {
    const path = newPath();
    const anna = await storeWithAnna(path);
    const backup = readFileSync(path);
    await using store = openSqliteStore(path);
    const others = [factsOf("ben"), factsOf("carl")];
    for (const other of others) await store.apply(claimOf(other));
    assert.equal(store.key(anna.pin)?.state, "trusted");
    const clean = connect(path);
    clean.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    clean.close();
    writeFileSync(path, backup);
    const writer = connect(path);
    writer.exec("DELETE FROM refusals; INSERT INTO settings VALUES ('restored', 'yes')");
    writer.close();
    await until(() => readFails(store, anna));
  });

  it("answers nothing when a backup is copied over it and has as many events again", async () => {
    const path = newPath();
    const anna = await storeWithAnna(path);
    const backup = readFileSync(path);
    await using store = openSqliteStore(path);
    await store.apply(claimOf(factsOf("ben")));
    const clean = connect(path);
    clean.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    clean.close();
    writeFileSync(path, backup);
    await using other = openSqliteStore(path);
    await other.apply(claimOf(factsOf("carl")));
    assert.equal(other.head().sequence, 2);
    await until(() => {
      try {
        return store.key(anna.pin) === undefined;
      } catch (error) {
        return /event 2 of the trust store .* is not the one/.test((error as Error).message);
      }
    });
    await assert.rejects(store.apply(claimOf(factsOf("dora"))), { code: "ERR_HANDCLASP_STORE_READ" });
  });

  it("answers nothing when its log is removed, though it was opened by a link elsewhere", async () => {
    const path = newPath();
    const anna = await storeWithAnna(path);
    const link = newPath();
    symlinkSync(path, link);
    await using store = openSqliteStore(link);
    assert.equal(store.url, `sqlite:${link}`);
    rmSync(`${path}-wal`);
    await until(() => readFails(store, anna));
  });

  it("answers nothing when its file is removed", async () => {
    const path = newPath();
    const anna = await storeWithAnna(path);
    await using store = openSqliteStore(path);
    rmSync(path);
    await until(() => readFails(store, anna));
  });

  it("stops reading when another process brings a newer schema", async () => {
    const path = newPath();
    const anna = await storeWithAnna(path);
    await using store = openSqliteStore(path);
    const other = new DatabaseSync(path);
    other.exec(`PRAGMA user_version = ${SCHEMA + 1}`);
    other.close();
    const trust = new Trust(store, { now: Date.now, process: "test 1" });
    const showing = { certificate: anna, caSigned: false, remoteAddress: undefined };
    await until(() => trust.judge(showing).decision === "refuse");
    assert.throws(() => store.key(anna.pin), { code: "ERR_HANDCLASP_STORE_NEWER" });
  });

  it("admits known keys and refuses first use when the disk is full", () => {
    const path = newPath();
    const script = join(import.meta.dirname, "../support", "full-disk.ts");
    const limited = `ulimit -f 400; exec "${process.execPath}" "${script}" "${path}"`;
    const { stdout, stderr } = spawnSync("bash", ["-c", limited], { encoding: "utf8" });
    assert.deepEqual(
      stdout.trim().split("\n"),
      ["known: admit", "first use: store-unavailable", "sound"],
      stderr,
    );
  });

  it("reads on while another process holds the write lock, and claims when it is released", async () => {
    const path = newPath();
    const anna = await storeWithAnna(path);
    await using store = openSqliteStore(path);
    const other = connect(path);
    other.exec("BEGIN IMMEDIATE");
    const claim = store.apply(claimOf(factsOf("ben")));
    await sleep(100);
    // The lock is given up on this thread, below: a read that waited for it would never come back with an answer.
    assert.equal(store.key(anna.pin)?.state, "trusted");
    other.exec("COMMIT");
    other.close();
    assert.equal((await claim).kind, "changed");
  });
});
