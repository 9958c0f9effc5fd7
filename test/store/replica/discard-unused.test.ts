import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { openStore } from "../../../src/store/open-store.ts";
import { runHere } from "../../cli/support/run-here.ts";
import { Home } from "../../cli/support/serve.ts";
import { PostgresServer, postgresPrograms } from "../postgres/support/postgres-server.ts";

const [programs] = postgresPrograms();
assert.ok(programs, "no PostgreSQL was found, though npm installs one");

/** Nobody listens there. */
const AWAY = "postgres://ada@127.0.0.1:1/trust";

describe("a replica that never had anything of its log", () => {
  let server: PostgresServer;
  before(async () => {
    server = await PostgresServer.open(programs);
  });
  after(() => server[Symbol.asyncDispose]());

  it("leaves nothing behind, the folders that were made for it neither", async () => {
    using home = new Home();
    for (const database of [AWAY, `${AWAY}?sslmode=require`, server.url({ user: "nobody-like-it" })])
      for (const verb of [["trust", "list"], ["trust", "revoke", "anna"], ["store", "nodes"], ["doctor"]]) {
        const joint = database.includes("?") ? "&" : "?";
        const url = `${database}${joint}replica=${home.path("made", "for", "it", "x.db")}`;
        await runHere(home, [...verb, "--store", url]);
        assert.deepEqual(readdirSync(home.folder), [], `${verb.join(" ")} --store ${url}`);
      }
  });

  it("leaves a folder that was there, and what else came to lie in it", async () => {
    using home = new Home();
    mkdirSync(home.path("there"));
    const store = openStore(`${AWAY}?replica=${home.path("there", "made", "x.db")}`);
    assert.ok(existsSync(home.path("there", "made", "x.db")));
    mkdirSync(home.path("there", "made", "beside"));
    await assert.rejects(store.catchUp());
    await store.close();
    assert.deepEqual(readdirSync(home.path("there", "made")), ["beside"]);
    await openStore(`${AWAY}?replica=${home.path("there", "x.db")}`).close();
    assert.deepEqual(readdirSync(home.path("there")), ["made"]);
  });

  it("stays where it has something", async () => {
    using home = new Home();
    const url = `${server.url()}?replica=${join(home.folder, "made", "x.db")}`;
    for (const verb of [
      ["store", "migrate"],
      ["trust", "list"],
    ]) {
      const { code, stderr } = await runHere(home, [...verb, "--store", url]);
      assert.equal(code, 0, stderr);
    }
    assert.ok(existsSync(home.path("made", "x.db")));
  });
});
