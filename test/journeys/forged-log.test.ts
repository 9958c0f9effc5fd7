import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, it } from "node:test";
import { sealEntry } from "../../src/store/log/seal-entry.ts";
import { encodeSettledChange } from "../../src/store/log/settled-change.ts";
import { claimOf } from "../../src/testing/contract/claims.ts";
import { prepareChange } from "../../src/trust/prepare-change.ts";
import { Home } from "../cli/support/serve.ts";
import { identity } from "../guard/support/identities.ts";
import { PostgresServer, postgresPrograms } from "../store/postgres/support/postgres-server.ts";
import { factsOf } from "../support/certificates.ts";
import { ClusterGateway } from "./support/cluster-gateway.ts";
import { FILE_PATIENCE_MS } from "../support/patience.ts";

const [programs] = postgresPrograms();
assert.ok(programs, "no PostgreSQL was found, though npm installs one");

describe("a gateway whose log was written by its owner", { timeout: FILE_PATIENCE_MS }, () => {
  it("carries out nothing of that, lets known clients in as long as it may, and goes on once it is gone", async () => {
    using home = new Home();
    const [ada, bob] = await Promise.all([identity("ada"), identity("bob")]);
    await using database = await PostgresServer.open(programs);
    await using gateway = await ClusterGateway.start(home, [database.port], "max_staleness=4s");
    await gateway.untilLetIn(ada);
    const head = await database.ask<{ hash: string }>(
      "SELECT encode(hash, 'hex') AS hash FROM handclasp.change_log",
    );
    assert.ok(head);
    const change = encodeSettledChange({ change: prepareChange(claimOf(factsOf("mallory"))), seen: [] });
    const by = { node: randomUUID(), rules: 1 };
    const { id, at, previous } = sealEntry(
      { position: 1, hash: head.hash },
      { id: randomUUID(), change },
      by,
      new Date().toISOString(),
    );
    await database.ask(`INSERT INTO handclasp.change_log VALUES (2, '${id}', '\\x${previous}', '\\x${"0".repeat(64)}',
      1, '${by.node}', '${at}', '${change.replaceAll("'", "''")}')`);
    const { level, message } = await gateway.untilLogged("log-broken");
    assert.equal(level, "warn");
    assert.match(String(message), /the hash of entry 2 does not match what it says/);
    await gateway.untilReadiness(/^503 .*the hash of entry 2 does not match what it says/);
    await gateway.untilLogged("replica-stale");
    // Nobody is let in any more.
    await gateway.untilAlert(ada, 80);
    await gateway.untilTroubles(["log-broken", "replica-stale"]);
    const listed = await home.run(["trust", "list", "--json", "--store", gateway.store]);
    assert.match(listed.stderr, /the hash of entry 2/);
    assert.match(listed.stdout, /"ada"/);
    assert.doesNotMatch(listed.stdout, /"mallory"/);
    await database.ask("DELETE FROM handclasp.change_log WHERE position = 2");
    await gateway.untilReadiness(/^200 ready$/);
    await gateway.untilLetIn(ada);
    await gateway.untilLetIn(bob);
    await gateway.untilLogged("log-whole");
    await gateway.untilTroubles([]);
  });
});
