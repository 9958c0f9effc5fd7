import assert from "node:assert/strict";
import { closeSync, existsSync, openSync, statSync, writeFileSync, writeSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { describe, it } from "node:test";
import { Home } from "./support/serve.ts";
import { makeClient } from "./support/tls-clients.ts";
import { failure, printed, printedJson } from "./support/trust.ts";

async function homeWithAnna(home: Home): Promise<void> {
  await printed(home, "trust", "add", (await makeClient(home, "anna")).cert);
}

describe("store check", () => {
  it("says that a sound store is sound", async () => {
    using home = new Home();
    await homeWithAnna(home);
    assert.match(await printed(home, "store", "check"), /^ok: 1 events, head 1 [0-9a-f]{64}\n$/);
    const report = await printedJson<Record<string, unknown>>(home, "store", "check");
    assert.deepEqual([report["ok"], report["problems"]], [true, []]);
  });

  it("fails when the chain is broken", async () => {
    using home = new Home();
    await homeWithAnna(home);
    {
      using database = new DatabaseSync(home.store);
      database.exec("UPDATE events SET hash = 'ff'");
    }
    assert.match(
      (await failure(home, "store", "check")).stderr,
      /^error: event 1: .*\[ERR_HANDCLASP_AUDIT\]/,
    );
  });

  it("fails when an index does not fit its table", async () => {
    using home = new Home();
    await printed(home, "trust", "add", (await makeClient(home, "Anna")).cert);
    {
      using database = new DatabaseSync(home.store, { defensive: false });
      const sql = "CREATE INDEX keys_by_name ON keys (peer) WHERE name_key IS NOT NULL";
      database.exec("PRAGMA writable_schema = ON");
      database.prepare("UPDATE sqlite_schema SET sql = ? WHERE name = 'keys_by_name'").run(sql);
    }
    const { stderr } = await failure(home, "store", "check");
    assert.match(stderr, /^error: .* is damaged \[ERR_HANDCLASP_STORE_CORRUPT\]:\n/);
    assert.match(stderr, /missing from index keys_by_name/);
  });

  it("fails when the file is damaged, and puts nothing in its place", async () => {
    using home = new Home();
    await homeWithAnna(home);
    {
      using database = new DatabaseSync(home.store);
      database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    }
    const { size } = statSync(home.store);
    const file = openSync(home.store, "r+");
    for (let at = 4096; at < size; at += 4096) writeSync(file, Buffer.alloc(2048, 0xee), 0, 2048, at);
    closeSync(file);
    for (const verb of [
      ["store", "check"],
      ["trust", "list"],
    ]) {
      assert.match(
        (await failure(home, ...verb)).stderr,
        /\[ERR_HANDCLASP_STORE_CORRUPT\]\nhint: restore it/,
      );
    }
    assert.equal(statSync(home.store).size, size);
  });

  it("fails when there is no store", async () => {
    using home = new Home();
    for (const args of [["check"], ["stats"], ["backup", home.path("copy.db")]]) {
      assert.match((await failure(home, "store", ...args)).stderr, /there is no trust store at/);
    }
    assert.equal(existsSync(home.store), false);
  });
});

describe("store backup", () => {
  it("writes a copy that is a store, for its owner only, over nothing", async () => {
    using home = new Home();
    await homeWithAnna(home);
    const copy = home.path("copy.db");
    assert.equal(await printed(home, "store", "backup", copy), `${copy}\n`);
    assert.equal(statSync(copy).mode & 0o777, 0o600);
    const [original] = await printedJson(home, "trust", "list");
    assert.deepEqual(await printedJson(home, "trust", "list", "--store", copy), [original]);
    assert.match((await failure(home, "store", "backup", copy)).stderr, /^hint: .*is not replaced/m);
    writeFileSync(home.path("precious"), "stay");
    await failure(home, "store", "backup", home.path("precious"));
    assert.equal(statSync(home.path("precious")).size, 4);
  });
});

describe("store stats", () => {
  it("counts", async () => {
    using home = new Home();
    await homeWithAnna(home);
    const stats = await printedJson<Record<string, unknown>>(home, "store", "stats");
    assert.equal(stats["url"], `sqlite:${home.store}`);
    assert.deepEqual(stats["keys"], { pending: 0, trusted: 1, revoked: 0, ignored: 0, retired: 0 });
    assert.deepEqual([stats["certificates"], stats["events"]], [1, 1]);
    assert.deepEqual(stats["dropped"], { pendingKeys: 0, refusals: 0 });
    const text = await printed(home, "store", "stats");
    for (const line of [/^trusted keys +1$/m, /^pending keys dropped +0$/m]) assert.match(text, line);
  });
});
