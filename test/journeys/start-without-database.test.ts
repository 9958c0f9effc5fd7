import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Home } from "../cli/support/serve.ts";
import { identity, type TestIdentity } from "../guard/support/identities.ts";
import { PostgresServer, postgresPrograms } from "../store/postgres/support/postgres-server.ts";
import { ClusterGateway } from "./support/cluster-gateway.ts";
import { FILE_PATIENCE_MS } from "../support/patience.ts";

const [programs] = postgresPrograms();
assert.ok(programs, "no PostgreSQL was found, though npm installs one");

describe("a gateway that starts while its database is away", { timeout: FILE_PATIENCE_MS }, () => {
  it("lets in whom its replica knows and nobody else, is not ready, and goes on once the database is there", async () => {
    using home = new Home();
    const [ada, bob] = await Promise.all([identity("ada"), identity("bob")]);
    await using database = await PostgresServer.open(programs);
    await meet(home, database, ada);
    await database.stop();
    await using gateway = await ClusterGateway.start(home, [database.port]);
    assert.ok(await gateway.isLetIn(ada));
    assert.equal(await gateway.alertOf(bob), 80);
    assert.match(await gateway.readiness(), /^503 the database was not reached since the start/);
    await database.start();
    await gateway.untilReadiness(/^200 ready$/);
    await gateway.untilLetIn(bob);
    assert.ok(await gateway.isLetIn(ada));
    assert.equal(await gateway.server.stop(), 0);
  });

  it("lets in nobody, and goes on running, where its replica is older than it may be", async () => {
    using home = new Home();
    const ada = await identity("ada");
    await using database = await PostgresServer.open(programs);
    await meet(home, database, ada);
    await database.stop();
    await using gateway = await ClusterGateway.start(home, [database.port], "max_staleness=2s");
    await gateway.untilReadiness(/^503 what is here is \d+ s old, and no more than 2 s is believed/);
    assert.equal(await gateway.alertOf(ada), 80);
    await gateway.server.logged(({ event, reason }) => event === "refused" && reason === "store-unavailable");
    await database.start();
    await gateway.untilReadiness(/^200 ready$/);
    await gateway.untilLetIn(ada);
  });
});

/** Has the replica of a machine know somebody. */
async function meet(home: Home, database: PostgresServer, shown: TestIdentity): Promise<void> {
  await using gateway = await ClusterGateway.start(home, [database.port]);
  await gateway.untilLetIn(shown);
  await gateway.untilReadiness(/^200 ready$/);
}
