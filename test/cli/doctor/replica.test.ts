import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { PostgresServer, postgresPrograms } from "../../store/postgres/support/postgres-server.ts";
import { runHere } from "../support/run-here.ts";
import { Home, startServer } from "../support/serve.ts";

interface Row {
  readonly status: string;
  readonly subject: string;
  readonly message: string;
  readonly hint: string | null;
}

const [programs] = postgresPrograms();
assert.ok(programs, "no PostgreSQL was found, though npm installs one");

describe("doctor on one of many machines", { timeout: 120_000 }, () => {
  let server: PostgresServer;
  before(async () => (server = await PostgresServer.open(programs)));
  after(() => server[Symbol.asyncDispose]());

  it("says how far this one is, and what is wrong without the database", async () => {
    using home = new Home();
    const url = `${server.url()}?node=a&replica=${home.path("a.db")}&max_staleness=1h`;
    const examined = async (): Promise<readonly string[]> => {
      const { stdout } = await runHere(home, ["doctor", "--json", "--store", url]);
      const rows = (JSON.parse(stdout) as Row[]).filter(({ subject }) => subject === "replica");
      return rows.map(({ status, message }) => `${status} ${message}`);
    };
    await using _gateway = await startServer(home, ["gateway", "--to", "127.0.0.1:1", "--store", url]);
    assert.match((await examined())[0] ?? "", /^ok a has all \d+ changes of the log, by rules 1$/);
    await server.stop();
    assert.match((await examined()).join("\n"), /^warn the database cannot be reached/m);
    await server.start();
  });
});
