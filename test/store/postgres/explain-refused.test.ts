import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { openNewClusterAt } from "../../../src/store/open-cluster.ts";
import { explainRefused } from "../../../src/store/postgres/explain-refused.ts";
import { HandclaspError, isHandclaspError } from "../../../src/errors.ts";
import { parseClusterUrl } from "../../../src/trust/port/cluster-address.ts";
import { StoreUrl } from "../../../src/trust/port/store-url.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { connectPostgres } from "./support/open-pool.ts";
import { PostgresServer, postgresPrograms } from "./support/postgres-server.ts";

const [programs] = postgresPrograms();
assert.ok(programs, "no PostgreSQL was found, though npm installs one");

describe("a database that lets nobody in", () => {
  let server: PostgresServer;
  before(async () => {
    server = await PostgresServer.open(programs);
    const sql = await connectPostgres(server.url());
    await sql.unsafe("CREATE ROLE stranger LOGIN");
    await sql.unsafe("CREATE DATABASE closed");
    await sql.unsafe("REVOKE ALL ON DATABASE closed FROM PUBLIC");
    await sql.end();
  });
  after(() => server[Symbol.asyncDispose]());

  it("says which role it does not have, and which database", async () => {
    const role = await refusedAt(server.url({ user: "nobody" }));
    assert.match(role.message, new RegExp(`the database at 127.0.0.1:${server.port} does not let nobody in`));
    assert.match(role.hint ?? "", /CREATE ROLE nobody LOGIN$/);
    const database = await refusedAt(server.url({ database: "Nix" }));
    assert.match(database.message, /has none that is called Nix/);
    assert.match(database.hint ?? "", /CREATE DATABASE "Nix" OWNER ROLE, who is to own what is kept there$/);
  });

  it("says what a role may not, and that nothing was made yet", async () => {
    const closed = await refusedAt(server.url({ user: "stranger", database: "closed" }));
    assert.match(closed.hint ?? "", /GRANT CONNECT ON DATABASE closed TO stranger$/);
    const empty = await refusedAt(server.url({ user: "stranger" }));
    assert.match(empty.message, /nothing is in the schema handclasp of the database yet/);
    assert.match(
      empty.hint ?? "",
      /GRANT USAGE ON SCHEMA handclasp TO stranger; GRANT EXECUTE.* TO stranger; before that, as that role, once$/,
    );
  });

  it("is told a password by a line that it shows, without one", () => {
    const { cluster } = parseClusterUrl("postgres://a%3Ab@[::1]:5499/trust");
    const cause = Object.assign(new Error("password authentication failed"), { code: "28P01" });
    const error = new HandclaspError("ERR_HANDCLASP_STORE_OPEN", "refused", { cause });
    const explained = explainRefused(error, cluster);
    assert.ok(isHandclaspError(explained, "ERR_HANDCLASP_STORE_OPEN"));
    assert.match(explained.hint ?? "", /PGPASSWORD.*: \\:\\:1:5499:trust:a\\:b:PASSWORD$/);
  });
});

async function refusedAt(url: string): Promise<{ message: string; hint: string | undefined }> {
  const named = StoreUrl.parse(`${url}?replica=${temporaryFolder()}/replica.db`);
  const cluster = openNewClusterAt(named, "test");
  try {
    await cluster.nodes.nodes();
  } catch (error) {
    if (isHandclaspError(error)) return { message: error.message, hint: error.hint };
    throw error;
  } finally {
    await cluster.close();
  }
  throw new Error("it let somebody in");
}
