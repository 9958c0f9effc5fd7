import assert from "node:assert/strict";
import { chmodSync, cpSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { DatabaseSync } from "node:sqlite";
import { unprivileged } from "../support/unprivileged.ts";
import { runMany } from "./support/run-many.ts";
import { Home, startServe } from "./support/serve.ts";
import { type ClientFiles, makeClient, openssl } from "./support/tls-clients.ts";

describe("a store that cannot be written", () => {
  let home: Home;
  let ada: ClientFiles;
  /** A copy of a store that was used: nothing holds it open. */
  let folder: string;
  let store: string;

  beforeEach(async () => {
    home = new Home();
    {
      await using server = await startServe(home, ["--first-use", "ask"]);
      ada = await makeClient(home, "ada");
      await openssl(server.port, ada, "Ada\n");
      await server.logged(({ event }) => event === "refused");
      await server.stop();
    }
    folder = home.path("medium");
    store = join(folder, "trust.db");
    mkdirSync(folder);
  });

  afterEach(() => {
    chmodSync(folder, 0o755);
    home[Symbol.dispose]();
  });

  /** The verbs that only read. */
  function reading(): readonly (readonly string[])[] {
    return [
      ["trust", "list"],
      ["trust", "show", "ada"],
      ["trust", "events"],
      ["trust", "connections"],
      ["trust", "audit", "verify"],
      ["trust", "audit", "head"],
      ["trust", "export", home.path("exported")],
      ["store", "check"],
      ["store", "stats"],
      ["token", "list"],
      ["group", "list"],
      ["explain", "LAST"],
    ].map((verb) => [...verb, "--store", store]);
  }

  function writing(): readonly (readonly string[])[] {
    return [
      ["trust", "approve", "ada"],
      ["trust", "add", ada.cert],
      ["trust", "open", "--for", "1h"],
      ["token", "create", "anna", "--server", "a:1"],
      ["group", "add", "staff", "ada"],
      ["serve", "--listen", "127.0.0.1:0"],
    ].map((verb) => [...verb, "--store", store]);
  }

  function lock(file: number, around: number): void {
    for (const name of readdirSync(folder)) chmodSync(join(folder, name), file);
    chmodSync(folder, around);
  }

  for (const [what, file, around] of [
    ["its folder", 0o644, 0o555],
    ["its file", 0o444, 0o755],
    ["neither of them", 0o444, 0o555],
  ] as const) {
    it(`is read, and nothing is left beside it: ${what} is read-only`, async () => {
      cpSync(home.store, store);
      const writable = await runMany(home, reading());
      assert.deepEqual(readdirSync(folder), ["trust.db"]);
      lock(file, around);
      const ran = await runMany(home, reading(), unprivileged);
      for (const [at, { args, code, stdout, stderr }] of ran.entries()) {
        const { stdout: before, stderr: said } = writable[at] ?? {};
        assert.deepEqual([code, stdout, stderr], [0, before, said], args.join(" "));
      }
      const copy = home.path("copy.db");
      const [backup] = await runMany(home, [["store", "backup", copy, "--store", store]], unprivileged);
      assert.equal(backup?.code, 0, backup?.stderr ?? "");
      assert.deepEqual(readdirSync(folder), ["trust.db"]);
      for (const { args, code, stderr } of await runMany(home, writing(), unprivileged)) {
        assert.equal(code, 1, `${args.join(" ")}: ${stderr}`);
        assert.match(
          stderr,
          /^error: .*medium.* cannot be written: .* \[ERR_HANDCLASP_STORE_WRITE\]\nhint: /,
        );
      }
      assert.deepEqual(readdirSync(folder), ["trust.db"]);
    });
  }

  it("is read with the last changes that a server which was killed left in its log", async () => {
    cpSync(home.store, store);
    const writer = new DatabaseSync(store);
    writer.exec("PRAGMA wal_autocheckpoint = 0; PRAGMA journal_mode = WAL");
    writer.exec("UPDATE keys SET claimed_name = 'in the log'");
    const killed = home.path("killed");
    cpSync(folder, killed, { recursive: true });
    writer.close();
    rmSync(folder, { recursive: true });
    cpSync(killed, folder, { recursive: true });
    assert.deepEqual(readdirSync(folder), ["trust.db", "trust.db-shm", "trust.db-wal"]);
    const list = ["trust", "list", "--json", "--store", store];
    lock(0o444, 0o555);
    const [read] = await runMany(home, [list], unprivileged);
    assert.match(read?.stdout ?? "", /"peer":"in the log"/);
    chmodSync(folder, 0o755);
    rmSync(`${store}-shm`);
    chmodSync(folder, 0o555);
    const [refused] = await runMany(home, [list], unprivileged);
    assert.equal(refused?.code, 1);
    assert.match(refused?.stderr ?? "", /the last changes of .* are in .*trust\.db-wal.*copy both/);
  });

  it("is not brought to a newer schema", async () => {
    cpSync(home.store, store);
    const database = new DatabaseSync(store);
    database.exec("PRAGMA user_version = 1");
    database.close();
    lock(0o444, 0o555);
    const [refused] = await runMany(home, [["trust", "list", "--store", store]], unprivileged);
    assert.match(
      refused?.stderr ?? "",
      /has schema 1, and .* has to be written \[ERR_HANDCLASP_STORE_OPEN\]/,
    );
  });
});
