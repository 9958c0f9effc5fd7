import assert from "node:assert/strict";
import { copyFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { openStore } from "../../../src/store/open-store.ts";
import { claimOf } from "../../../src/testing/contract/claims.ts";
import { factsOf } from "../../support/certificates.ts";
import { PostgresServer, postgresPrograms } from "../../store/postgres/support/postgres-server.ts";
import { runHere } from "../support/run-here.ts";
import { Home, startServer } from "../support/serve.ts";
import { FILE_PATIENCE_MS, PATIENCE_MS } from "../../support/patience.ts";

interface Row {
  readonly status: string;
  readonly subject: string;
  readonly message: string;
  readonly hint: string | null;
}

const [programs] = postgresPrograms();
assert.ok(programs, "no PostgreSQL was found, though npm installs one");

describe("doctor on one of many machines", { timeout: FILE_PATIENCE_MS }, () => {
  let server: PostgresServer;
  before(async () => (server = await PostgresServer.open(programs)));
  after(() => server[Symbol.asyncDispose]());

  it("says how far this one is, which show another server key, and what is wrong without the database", async () => {
    using home = new Home();
    const at = (node: string): string =>
      `${server.url()}?node=${node}&replica=${home.path(`${node}.db`)}&max_staleness=1h`;
    const examined = async (node: string): Promise<readonly string[]> => {
      const { stdout } = await runHere(home, ["doctor", "--json", "--store", at(node)]);
      return (JSON.parse(stdout) as Row[])
        .filter(({ subject }) => subject === "replica" || subject === "machines")
        .map(({ status, message }) => `${status} ${message}`);
    };
    // Machines say each second what they show.
    const told = async (node: string, machines: RegExp): Promise<readonly string[]> => {
      const end = performance.now() + PATIENCE_MS;
      for (;;) {
        const found = await examined(node);
        if (machines.test(found[1] ?? "") || performance.now() > end) return found;
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    };
    const verb = ["gateway", "--to", "127.0.0.1:1", "--store"];
    {
      await using _a = await startServer(home, [...verb, at("a")]);
      await using _b = await startServer(home, [...verb, at("b")]);
      const [replica, machines] = await told("a", /^warn/);
      assert.match(replica ?? "", /^ok a has all \d+ changes of the log, by rules 1$/);
      assert.match(machines ?? "", /^warn machines show clients different keys: a shows \S+; b shows \S+\./);
    }
    copyFileSync(home.path("a.db.server.pem"), home.path("b.db.server.pem"));
    await using _a = await startServer(home, [...verb, at("a")]);
    await using _b = await startServer(home, [...verb, at("b")]);
    assert.equal((await told("b", /^ok/))[1], "ok a, b: nothing differs between them");
    {
      await using store = openStore(at("a"));
      await store.catchUp();
      await store.apply(claimOf(factsOf("carla")));
    }
    await server.stop();
    const [replica, machines] = await examined("a");
    assert.match(replica ?? "", /^warn the database cannot be reached, and what is here is \d+ s old/);
    assert.match(machines ?? "", /^warn the database cannot be reached: /);
    await runHere(home, ["trust", "revoke", "carla", "--yes", "--store", at("a")]);
    const { stdout } = await runHere(home, ["doctor", "--store", at("a")]);
    assert.match(stdout, /1 change bars somebody on this machine alone/);
    assert.equal(stdout.match(/^hint: replica: /gm)?.length, 1, stdout);
    await server.start();
  });
});
