import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, it } from "node:test";
import { createSchema, MIGRATIONS } from "../../../src/store/sqlite/file/schema.ts";
import { toSeenCertificate } from "../../../src/trust/judging/seen-certificate.ts";
import { CHAIN_START, sealEvent } from "../../../src/trust/records/events.ts";
import { factsOf } from "../../support/certificates.ts";
import { Home } from "../support/serve.ts";
import { makeClient } from "../support/tls-clients.ts";
import { failure, printed, printedJson } from "../support/trust.ts";

async function homeWith(home: Home, ...names: readonly string[]): Promise<void> {
  for (const name of names) await printed(home, "trust", "add", (await makeClient(home, name)).cert);
}

/** A store of schema 12 with one peer. */
function writeFormerStore(path: string): string {
  using database = new DatabaseSync(path);
  createSchema(database, MIGRATIONS.slice(0, 12));
  const { pin, fingerprint, der } = toSeenCertificate(factsOf("anna"));
  const at = Date.UTC(2026, 0, 1);
  database
    .prepare(
      `INSERT INTO keys (pin, state, peer, name_key, claimed_name, claimed_key, source, fingerprint, first_seen, stale_seen,
         place, searched) VALUES (?, 'trusted', 'anna', 'anna', 'anna', 'anna', 'first-use', ?, ?, 0, ?, 'anna')`,
    )
    .run(pin, fingerprint, at, at);
  database
    .prepare("INSERT INTO certificates (pin, fingerprint, der, added_at) VALUES (?, ?, ?, ?)")
    .run(pin, fingerprint, der, at);
  const { sequence, json, hash } = sealEvent(CHAIN_START, {
    type: "met",
    at,
    actor: { user: null, process: "serve 1", address: null, listener: null },
    pin,
    peer: "anna",
    before: null,
    after: "trusted",
    details: { source: "first-use" },
  });
  database
    .prepare("INSERT INTO events (sequence, json, hash, reached) VALUES (?, ?, ?, ?)")
    .run(sequence, json, hash, at);
  return pin;
}

describe("store restore", () => {
  it("leads back to a backup, keeps what was revoked since, and says what it did", async () => {
    using home = new Home();
    await homeWith(home, "anna", "ben");
    const backup = home.path("backup.db");
    await printed(home, "store", "backup", backup);
    const bytes = readFileSync(backup);
    await printed(home, "trust", "forget", "anna");
    await printed(home, "trust", "revoke", "ben");
    await homeWith(home, "carl");
    const dry = await printed(home, "store", "restore", backup, "--dry-run");
    for (const line of [
      /^trusted again +\S+ +anna +not there -> trusted$/m,
      /^stays +\S+ +ben +revoked$/m,
      /^waits for approval +\S+ +carl +trusted -> pending$/m,
      /^would lead back to event 2: 1 trusted again, 1 wait for approval, /m,
      /^nothing was changed$/m,
    ]) {
      assert.match(dry, line);
    }
    assert.equal((await printedJson(home, "trust", "list", "--state", "trusted")).length, 1);
    const report = await printedJson<Record<string, unknown>>(home, "store", "restore", backup);
    assert.deepEqual(report["totals"], {
      trusted: 1,
      waiting: 1,
      barred: 0,
      changed: 0,
      kept: 1,
      groups: 0,
      tokens: 0,
    });
    const [only] = await printedJson(home, "trust", "list", "--state", "trusted");
    assert.equal(only?.["peer"], "anna");
    const events = await printed(home, "trust", "events");
    assert.match(events, /restored/);
    assert.match(await printed(home, "store", "restore", backup), /^there was nothing to do$/m);
    assert.match(await printed(home, "store", "check"), /^ok: /);
    assert.deepEqual(readFileSync(backup), bytes);
  });

  it("takes a backup of an older schema, and leaves that as it is", async () => {
    using home = new Home();
    const backup = home.path("backup.db");
    const pin = writeFormerStore(backup);
    mkdirSync(dirname(home.store));
    copyFileSync(backup, home.store);
    const bytes = readFileSync(backup);
    await printed(home, "trust", "forget", pin);
    await printed(home, "store", "restore", backup);
    assert.equal((await printedJson(home, "trust", "list", "--state", "trusted")).length, 1);
    assert.deepEqual(readFileSync(backup), bytes);
  });

  it("refuses what is no backup, what a newer version wrote, another store, and the store itself", async () => {
    using home = new Home();
    using other = new Home();
    await homeWith(home, "anna");
    await homeWith(other, "ben");
    const backup = home.path("backup.db");
    await printed(home, "store", "backup", backup);
    const refused = async (file: string, problem: RegExp, ...options: readonly string[]): Promise<void> => {
      assert.match((await failure(home, "store", "restore", file, ...options)).stderr, problem);
    };
    await refused(home.path("nothing.db"), /there is no backup at/);
    writeFileSync(home.path("text"), "not a database, but long enough to be looked at as one".repeat(20));
    await refused(
      home.path("text"),
      /there is no trust store in .*\n?hint: give a file that a backup was written to/,
    );
    new DatabaseSync(home.path("another")).exec("CREATE TABLE something (else_ TEXT)");
    await refused(home.path("another"), /another kind of database, and no trust store, in/);
    writeFileSync(home.path("empty"), "");
    await refused(home.path("empty"), /there is no trust store in/);
    await refused(home.store, /is the store itself/);
    await printed(other, "store", "backup", other.path("other.db"));
    await refused(other.path("other.db"), /is of another store.*\[ERR_HANDCLASP_AUDIT\]/);
    const newer = home.path("newer.db");
    copyFileSync(backup, newer);
    {
      using database = new DatabaseSync(newer);
      database.exec("PRAGMA user_version = 999");
    }
    await refused(newer, /\[ERR_HANDCLASP_STORE_NEWER\]/);
    assert.equal((await printedJson(home, "trust", "list")).length, 1);
    await printed(home, "store", "restore", other.path("other.db"), "--dangerously-from-another-chain");
    const [only] = await printedJson(home, "trust", "list", "--state", "trusted");
    assert.equal(only?.["peer"], "ben");
  });

  it("takes a backup that goes on beyond the end of the store on its word alone, if that is said", async () => {
    using home = new Home();
    await homeWith(home, "anna");
    const fork = home.path("fork.db");
    await printed(home, "store", "backup", fork);
    await printed(home, "trust", "add", (await makeClient(home, "mallory")).cert, "--store", fork);
    await printed(home, "trust", "note", "mallory", "a friend", "--store", fork);
    const backup = home.path("fork.bak");
    await printed(home, "store", "backup", backup, "--store", fork);
    const { stderr } = await failure(home, "store", "restore", backup);
    assert.match(
      stderr,
      /^error: the backup has 2 events more than this store \(2 to 3\), .*\[ERR_HANDCLASP_AUDIT\]\nhint: nothing was changed; .* went on to 3 [0-9a-f]{64}, .*--dangerously-from-another-chain\n$/,
    );
    const dry = await printed(home, "store", "restore", backup, "--dry-run");
    assert.match(dry, /^trusted again +\S+ +mallory +not there -> trusted$/m);
    assert.match(
      dry,
      /^the backup has 2 events more than this store \(2 to 3\), .*\. Doing this takes --dangerously-from-another-chain$/m,
    );
    const [only, ...others] = await printedJson(home, "trust", "list", "--state", "trusted");
    assert.deepEqual([only?.["peer"], others], ["anna", []]);
    const flag = "--dangerously-from-another-chain";
    const report = await printedJson<Record<string, unknown>>(home, "store", "restore", backup, flag);
    assert.equal(report["chain"], "ahead");
    assert.equal((await printedJson(home, "trust", "list", "--state", "trusted")).length, 2);
    assert.match(await printed(home, "trust", "events", "--json"), /"type":"restored".*"aheadOf":"1"/);
    assert.match(await printed(home, "store", "check"), /^ok: /);
  });
});
