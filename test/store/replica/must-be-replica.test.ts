import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { copyFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { isHandclaspError } from "../../../src/errors.ts";
import { openDatabase } from "../../../src/node-sqlite.ts";
import { leaveCluster } from "../../../src/store/copy-store.ts";
import { MemoryCluster } from "../../../src/store/log/memory-cluster.ts";
import { openStore } from "../../../src/store/open-store.ts";
import { mustFollow } from "../../../src/store/replica/must-follow.ts";
import { openReplica } from "../../../src/store/replica/open-replica.ts";
import { ReplicaRow } from "../../../src/store/replica/replica-row.ts";
import { connect } from "../../../src/store/sqlite/file/sqlite-file.ts";
import { openSqliteStore } from "../../../src/store/sqlite/sqlite-store.ts";
import { claimOf } from "../../../src/testing/contract/claims.ts";
import type { TrustStore } from "../../../src/trust/port/trust-store.ts";
import { factsOf } from "../../support/certificates.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

const zed = factsOf("zed");

async function plain(): Promise<string> {
  const path = join(temporaryFolder(), "plain.db");
  await using store = openSqliteStore(path);
  await store.apply(claimOf(zed));
  return path;
}

/** What a store that was killed leaves beside its file. */
async function logOfStore(): Promise<Buffer> {
  const path = join(temporaryFolder(), "killed.db");
  await using store = openSqliteStore(path);
  await store.apply(claimOf(zed));
  return readFileSync(`${path}-wal`);
}

function follow(path: string, cluster = new MemoryCluster()): TrustStore {
  return openReplica(path, { cluster, machine: "one", url: "memory log" });
}

/** By a URL whose database nobody has to reach to know. */
function refusesAsReplica(path: string, options?: { readonly readOnly: true }): void {
  const before = readFileSync(path);
  assert.throws(
    () => openStore(`postgres://ada@127.0.0.1:1/trust?replica=${path}`, options),
    (error) =>
      isHandclaspError(error, "ERR_HANDCLASP_STORE_OPEN") &&
      error.message.startsWith(`${path} is a trust store of its own, or a backup, and no replica`) &&
      (error.hint ?? "").startsWith("give another path for the replica"),
  );
  assert.deepEqual(readFileSync(path), before);
}

/** As the last process of a store that closes it: nobody else reads until what it wrote is in the file. */
const HELD_FOR_A_SECOND = `
  const { DatabaseSync } = process.getBuiltinModule("node:sqlite");
  const database = new DatabaseSync(process.argv[1]);
  database.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA wal_autocheckpoint = 0");
  database.exec("INSERT INTO settings VALUES ('held', 'yes')");
  setTimeout(() => database.close(), 1000);
  console.log("held");`;

describe("the file that is named for a replica", () => {
  it("stays as it is where it is a trust store of its own", async () => {
    const path = await plain();
    refusesAsReplica(path);
    refusesAsReplica(path, { readOnly: true });
    assert.ok(!existsSync(`${path}-wal`) && !existsSync(`${path}-shm`), "nothing lies beside it");
    await using store = openSqliteStore(path);
    assert.equal(store.key(zed.pin)?.state, "trusted");
  });

  it("stays as it is while that store is in use", async () => {
    const path = await plain();
    await using store = openSqliteStore(path);
    await store.apply(claimOf(factsOf("yara")));
    refusesAsReplica(path);
    assert.equal(store.stats().keys.trusted, 2);
  });

  it("stays a store of its own where the last process that had it open closes it meanwhile", async () => {
    const path = await plain();
    const other = spawn(process.execPath, ["-e", HELD_FOR_A_SECOND, path], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ended = once(other, "exit");
    await once(other.stdout, "data");
    assert.throws(
      () => follow(path),
      (error) =>
        isHandclaspError(error, "ERR_HANDCLASP_STORE_OPEN") && /of its own, or a backup/.test(error.message),
    );
    await ended;
    await using store = openSqliteStore(path);
    assert.equal(store.key(zed.pin)?.state, "trusted");
  });

  it("stays a store of its own where it became one just before", async () => {
    const path = await plain();
    const database = connect(path);
    assert.throws(
      () => new ReplicaRow(database, randomUUID),
      (error) =>
        isHandclaspError(error, "ERR_HANDCLASP_STORE_OPEN") && error.message.startsWith(`${path} is a trust`),
    );
    assert.equal(database.isTransaction, false);
    assert.equal(database.prepare("SELECT 1 FROM replica").get(), undefined);
    database.close();
  });

  it("stays as it is where it is of an older schema", async () => {
    const path = await plain();
    const database = openDatabase(path);
    database.exec("PRAGMA journal_mode = DELETE; PRAGMA user_version = 12; DROP TABLE replica");
    database.close();
    refusesAsReplica(path);
  });

  it("stays as it is where it is a backup, of a replica too", async () => {
    const folder = temporaryFolder();
    await using store = openSqliteStore(await plain());
    await store.backup(join(folder, "of-plain.db"));
    refusesAsReplica(join(folder, "of-plain.db"));
    await using replica = follow(join(folder, "replica.db"));
    await replica.apply(claimOf(zed));
    await replica.backup(join(folder, "of-replica.db"));
    refusesAsReplica(join(folder, "of-replica.db"));
    leaveCluster(join(folder, "of-replica.db"));
    refusesAsReplica(join(folder, "of-replica.db"));
  });

  it("stays as it is where it is no store of ours", () => {
    const folder = temporaryFolder();
    const [text, other] = [join(folder, "notes.txt"), join(folder, "other.db")];
    writeFileSync(text, "not a database, and long enough to be read as the beginning of one".repeat(20));
    const database = openDatabase(other);
    database.exec("CREATE TABLE keys (mine TEXT); INSERT INTO keys VALUES ('mine')");
    database.close();
    for (const path of [text, other]) {
      const before = readFileSync(path);
      assert.throws(
        () => openStore(`postgres://ada@127.0.0.1:1/trust?replica=${path}`),
        (error) => isHandclaspError(error) && error.code.startsWith("ERR_HANDCLASP_STORE_"),
      );
      assert.deepEqual(readFileSync(path), before);
    }
  });

  it("is told from a store of which there is no other, where it cannot be read", () => {
    const path = join(temporaryFolder(), "notes.txt");
    writeFileSync(path, "not a database, and long enough to be read as the beginning of one".repeat(20));
    assert.throws(
      () => follow(path),
      (error) =>
        isHandclaspError(error, "ERR_HANDCLASP_STORE_CORRUPT") &&
        (error.hint ?? "").startsWith("give another path for the replica") &&
        !(error.hint ?? "").includes("all trust is in it"),
    );
  });

  it("becomes a replica where it is empty, or a store in which nothing was done yet", async () => {
    const folder = temporaryFolder();
    const [empty, unused] = [join(folder, "empty.db"), join(folder, "unused.db")];
    writeFileSync(empty, "");
    await openSqliteStore(unused).close();
    for (const path of [empty, unused]) {
      await using store = follow(path);
      await store.apply(claimOf(zed));
      assert.equal(store.key(zed.pin)?.state, "trusted");
    }
  });

  it("is followed again where it is a replica, also while a process has it open", async () => {
    const cluster = new MemoryCluster();
    const path = join(temporaryFolder(), "replica.db");
    const copy = `${path}.copy`;
    {
      await using first = follow(path, cluster);
      await first.apply(claimOf(zed));
      await using second = follow(path, cluster);
      await second.catchUp();
      assert.equal(second.key(zed.pin)?.state, "trusted");
    }
    copyFileSync(path, copy);
    await using third = follow(copy, cluster);
    await third.catchUp();
    assert.equal(third.key(zed.pin)?.state, "trusted");
  });

  it("stays as it is where it is empty, and the last changes of another one lie beside it", async () => {
    const log = await logOfStore();
    for (const end of ["-wal", "-journal"]) {
      const path = join(temporaryFolder(), "replica.db");
      writeFileSync(path, "");
      writeFileSync(`${path}${end}`, log);
      assert.throws(
        () => follow(path),
        (error) =>
          isHandclaspError(error, "ERR_HANDCLASP_STORE_OPEN") && error.message.includes(`${path}${end}`),
      );
      assert.equal(readFileSync(path).length, 0);
      assert.deepEqual(readFileSync(`${path}${end}`), log);
    }
  });

  it("is not made where the last changes of a store that is gone lie beside it", async () => {
    const path = join(temporaryFolder(), "replica.db");
    writeFileSync(`${path}-wal`, await logOfStore());
    assert.throws(
      () => follow(path),
      (error) => isHandclaspError(error, "ERR_HANDCLASP_STORE_OPEN") && error.message.includes(`${path}-wal`),
    );
    assert.ok(!existsSync(path));
  });

  it("is called damaged where it is, a replica or not", async () => {
    const replica = join(temporaryFolder(), "replica.db");
    {
      await using store = follow(replica);
      await store.apply(claimOf(zed));
    }
    for (const path of [replica, await plain()]) {
      const bytes = readFileSync(path);
      for (let page = 4096; page < bytes.length; page += 4096) bytes.fill(0xff, page, page + 100);
      writeFileSync(path, bytes);
      const isDamage = (error: unknown): boolean =>
        isHandclaspError(error, "ERR_HANDCLASP_STORE_CORRUPT") && error.message.includes(path);
      assert.throws(() => follow(path), isDamage);
      assert.throws(() => mustFollow(path, randomUUID()), isDamage);
      assert.deepEqual(readFileSync(path), bytes);
    }
  });
});
