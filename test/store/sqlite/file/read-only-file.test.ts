import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, rmSync, utimesSync } from "node:fs";
import net from "node:net";
import { once } from "node:events";
import { join } from "node:path";
import { describe, it } from "node:test";
import { openStore } from "../../../../src/store/open-store.ts";
import { openReadOnlyFile } from "../../../../src/store/sqlite/file/read-only-file.ts";
import { temporaryFolder } from "../../../support/temporary-folder.ts";

describe("openStore, for reading only", () => {
  it("refuses to write, and says so", async () => {
    const folder = temporaryFolder();
    const path = join(folder, "trust.db");
    await openStore(path).close();
    await using store = openStore(path, { readOnly: true });
    assert.equal(store.head().sequence, 0);
    await assert.rejects(store.putSetting("a", "b"), {
      code: "ERR_HANDCLASP_STORE_WRITE",
      message: `the trust store ${path} was opened for reading only`,
    });
  });

  it("makes no store", () => {
    const folder = temporaryFolder();
    const path = join(folder, "trust.db");
    assert.throws(() => openStore(path, { readOnly: true }), {
      code: "ERR_HANDCLASP_STORE_OPEN",
      message: `there is no trust store at ${path}`,
    });
    assert.ok(!existsSync(path));
  });

  it("notices that somebody else wrote it meanwhile", async () => {
    const folder = temporaryFolder();
    const path = join(folder, "trust.db");
    await openStore(path).close();
    const { database, failure } = openReadOnlyFile(path);
    assert.equal(failure(), undefined);
    utimesSync(path, 1, 1);
    assert.match(failure()?.message ?? "", /was written while it was read/);
    database.close();
  });
});

describe("openStore, of what is no file", () => {
  it("says what it is", async () => {
    const folder = temporaryFolder();
    const [pipe, socket] = [join(folder, "pipe"), join(folder, "socket")];
    execFileSync("mkfifo", [pipe]);
    const server = net.createServer().listen(socket);
    await once(server, "listening");
    for (const readOnly of [false, true]) {
      for (const [path, what] of [
        [folder, "a folder"],
        [pipe, "a named pipe"],
        [socket, "a socket"],
        ["/dev/null", "a device"],
      ] as const) {
        assert.throws(() => openStore(path, { readOnly }), {
          code: "ERR_HANDCLASP_STORE_OPEN",
          message: `${path} is ${what}: a trust store is a file`,
        });
      }
    }
    server.close();
  });
});

describe("a backup", () => {
  it("of a store whose file is gone says so, as any read does", async () => {
    const folder = temporaryFolder();
    const store = openStore(join(folder, "trust.db"));
    rmSync(join(folder, "trust.db"));
    await assert.rejects(store.backup(join(folder, "copy.db")), { name: "HandclaspError" });
    assert.ok(!existsSync(join(folder, "copy.db")));
    await store.close();
  });
});
