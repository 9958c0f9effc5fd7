import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, it } from "node:test";
import { isHandclaspError } from "../../../../src/errors.ts";
import { toStoreError } from "../../../../src/store/sqlite/file/sqlite-errors.ts";
import { connect } from "../../../../src/store/sqlite/file/sqlite-file.ts";
import { openSqliteStore } from "../../../../src/store/sqlite/sqlite-store.ts";
import { claimOf } from "../../../../src/testing/contract/claims.ts";
import { factsOf } from "../../../support/certificates.ts";
import { temporaryFolder } from "../../../support/temporary-folder.ts";
import { newPath, storeWithAnna } from "../support/stores.ts";

const SCRIPT = join(import.meta.dirname, "../support", "failing-store.ts");
const mayMount =
  spawnSync("unshare", ["-m", "sh", "-c", 'mount -t tmpfs none "$1"', "sh", temporaryFolder()]).status === 0;

/** What the script has to say of a store in a folder that was mounted so. */
function failureOn(mount: string, folder: string, ...args: readonly string[]): unknown {
  const run = `${mount} && exec "$@"`;
  const script = [process.execPath, SCRIPT, join(folder, "trust.db"), ...args];
  const { stdout, stderr } = spawnSync("unshare", ["-m", "sh", "-c", run, "sh", ...script], {
    encoding: "utf8",
    env: { ...process.env, FOLDER: folder },
  });
  assert.notEqual(stdout, "", stderr);
  return JSON.parse(stdout);
}

describe("what went wrong with a store", () => {
  it("is that the disk is full: where, by which code, and what to do", (context) => {
    if (!mayMount) return context.skip("needs to mount");
    const folder = temporaryFolder();
    const failure = failureOn('mount -t tmpfs -o size=2m none "$FOLDER"', folder);
    const path = join(folder, "trust.db");
    assert.deepEqual(failure, {
      code: "ERR_HANDCLASP_STORE_WRITE",
      message: `cannot write to the trust store ${path}: database or disk is full [SQLITE_FULL]`,
      hint: "free space on its disk, or raise the quota: known clients go on, nobody new is met meanwhile",
      details: { path, reason: "SQLITE_FULL", errcode: 13 },
      cause: { errcode: 13, said: "Error: database or disk is full" },
    });
  });

  it("is that files may not grow any more", () => {
    const path = newPath();
    const limited = `ulimit -f 400; exec "${process.execPath}" "${SCRIPT}" "${path}"`;
    const { stdout } = spawnSync("bash", ["-c", limited], { encoding: "utf8" });
    assert.match(stdout, /"reason":"SQLITE_(?:IOERR|FULL)"/);
    assert.match(stdout, /"hint":"[^"]*(?:disk)/);
  });

  it("is that its file system cannot be written", async (context) => {
    if (!mayMount) return context.skip("needs to mount");
    const folder = temporaryFolder();
    await storeWithAnna(join(folder, "trust.db"));
    const readOnly = 'mount --bind "$FOLDER" "$FOLDER" && mount -o remount,bind,ro "$FOLDER"';
    const failure = failureOn(readOnly, folder);
    assert.partialDeepStrictEqual(failure, {
      hint: "it can be read, but not changed: have its file and its folder writable, or copy it to where it can be written",
      details: { path: join(folder, "trust.db") },
    });
    assert.match((failure as { message: string }).message, / cannot be written: EROFS: /);
  });

  it("is that another process holds its lock", async () => {
    const path = newPath();
    await storeWithAnna(path);
    await using store = openSqliteStore(path);
    const other = connect(path);
    other.exec("BEGIN IMMEDIATE");
    await assert.rejects(store.apply(claimOf(factsOf("ben"))), (error) => {
      assert.ok(isHandclaspError(error, "ERR_HANDCLASP_STORE_WRITE"));
      assert.equal(
        error.message,
        `cannot write to the trust store ${path}: database is locked [SQLITE_BUSY]`,
      );
      assert.match(error.hint ?? "", /^end the process that holds its lock/);
      assert.equal((error.cause as { errcode?: number }).errcode, 5);
      return true;
    });
    other.exec("ROLLBACK");
    other.close();
  });

  it("is that it is no database, or that its place cannot be", () => {
    const path = newPath();
    writeFileSync(path, "this is not a database, though it is long enough to look at\n".repeat(40));
    assert.throws(() => openSqliteStore(path), {
      code: "ERR_HANDCLASP_STORE_CORRUPT",
      hint: /^restore it from a backup/,
      details: { path, reason: "SQLITE_NOTADB", errcode: 26 },
    });
    const inFile = join(path, "trust.db");
    assert.throws(() => openSqliteStore(inFile), {
      code: "ERR_HANDCLASP_STORE_OPEN",
      message: new RegExp(`^cannot open ${inFile}: E(?:NOTDIR|EXIST): `),
      hint: /^(?:look at the path|a file that is there)/,
    });
  });

  it("is why a backup could not be written", async () => {
    const path = newPath();
    await using store = openSqliteStore(path);
    mkdirSync(`${path}.copy`);
    await assert.rejects(store.backup(`${path}.copy`), {
      code: "ERR_HANDCLASP_STORE_WRITE",
      hint: "a file that is there is not replaced: give another path",
    });
    await assert.rejects(store.backup(join(path, "copy")), {
      code: "ERR_HANDCLASP_STORE_WRITE",
      hint: /^look at the path/,
      details: { path: join(path, "copy") },
    });
  });

  it("is that the disk failed, or the file went away, by what SQLite adds to its codes", () => {
    const rows: readonly (readonly [number, string, RegExp])[] = [
      [1034, "SQLITE_IOERR", /system's log/],
      [1032, "SQLITE_READONLY_DBMOVED", /moved or removed/],
      [14, "SQLITE_CANTOPEN", /who may read and write/],
      [7, "SQLITE_NOMEM", /no memory/],
    ];
    for (const [errcode, reason, hint] of rows) {
      const thrown = Object.assign(new Error("disk I/O error"), { code: "ERR_SQLITE_ERROR", errcode });
      const error = toStoreError(thrown, "ERR_HANDCLASP_STORE_READ", "cannot read the trust store", "/x");
      assert.equal(error.message, `cannot read the trust store /x: disk I/O error [${reason}]`);
      assert.match(error.hint ?? "", hint);
      assert.deepEqual(error.details, { path: "/x", reason, errcode });
      assert.equal(error.cause, thrown);
    }
  });

  it("is said of the first twenty damages, and that there are more", async () => {
    const path = newPath();
    await storeWithAnna(path, 30);
    const database = new DatabaseSync(path, { defensive: false });
    const sql = "CREATE INDEX keys_by_name ON keys (source) WHERE name_key IS NOT NULL";
    database.exec("PRAGMA writable_schema = ON");
    database.prepare("UPDATE sqlite_schema SET sql = ? WHERE name = 'keys_by_name'").run(sql);
    database.close();
    await using store = openSqliteStore(path);
    const { problems } = store.check();
    assert.equal(problems.length, 21);
    assert.match(problems.at(-1) ?? "", /^and more/);
  });
});
