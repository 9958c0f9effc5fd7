import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { describe, it } from "node:test";
import { connect } from "../../../src/store/sqlite/file/sqlite-file.ts";
import { openSqliteStore } from "../../../src/store/sqlite/sqlite-store.ts";
import { race } from "./support/race.ts";
import { newPath, storeWithAnna } from "./support/stores.ts";

describe("several processes on one sqlite store", () => {
  it("hear of each other's changes", async () => {
    const path = newPath();
    const anna = await storeWithAnna(path);
    await using store = openSqliteStore(path);
    const heard = new Promise<void>((resolve) => store.onEvents(() => resolve()));
    const script = join(import.meta.dirname, "support", "revoke-at.ts");
    const child = spawn(process.execPath, [script, path, anna.pin], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    await Promise.all([heard, once(child, "exit")]);
    assert.equal(store.key(anna.pin)?.state, "revoked");
  });

  it("hear of a change although a listener before them throws, and so does whoever made it", () => {
    const script = join(import.meta.dirname, "support", "throwing-listener.ts");
    const { stdout } = spawnSync(process.execPath, [script], { encoding: "utf8" });
    assert.deepEqual(stdout.trim().split("\n").toSorted(), [
      "applied",
      "told",
      "uncaught: the listener throws",
    ]);
  });

  it("keep a write lock when another store of the same process is closed", async () => {
    const path = newPath();
    const anna = await storeWithAnna(path);
    await using kept = openSqliteStore(path);
    const closed = openSqliteStore(path);
    for (const store of [kept, closed]) assert.equal(store.key(anna.pin)?.state, "trusted");
    const writer = connect(path);
    writer.exec("BEGIN IMMEDIATE");
    await closed.close();
    const script = join(import.meta.dirname, "support", "try-lock.ts");
    const { stdout } = spawnSync(process.execPath, [script, path], { encoding: "utf8" });
    assert.equal(stdout, "locked\n");
    writer.exec("COMMIT");
    writer.close();
  });

  it("give a name to one of two processes that claim it at once, and keep one chain", async () => {
    const path = newPath();
    const won = (
      await race(
        "claim-names.ts",
        ["a", "b", "c"].map((label) => [path, label]),
      )
    ).map(Number);
    assert.equal(
      won.reduce((sum, count) => sum + count, 0),
      100,
    );
    await using store = openSqliteStore(path);
    assert.equal(store.stats().keys.trusted, 100);
    assert.equal(store.check().chain.broken, null);
    assert.deepEqual(store.check().problems, []);
  });
});
