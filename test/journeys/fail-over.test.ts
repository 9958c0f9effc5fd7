import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Home } from "../cli/support/serve.ts";
import { TestUpstream } from "../gateway/support/upstream.ts";
import { identity } from "../guard/support/identities.ts";
import { PostgresServer, postgresPrograms } from "../store/postgres/support/postgres-server.ts";
import { ClusterGateway } from "./support/cluster-gateway.ts";
import { freePort } from "../support/free-port.ts";
import { FILE_PATIENCE_MS } from "../support/patience.ts";

const [programs] = postgresPrograms();
assert.ok(programs, "no PostgreSQL was found, though npm installs one");

const PRIMARY = "target_session_attrs=read-write";

describe("a gateway whose store is at several hosts", { timeout: FILE_PATIENCE_MS }, () => {
  let silent: TestUpstream;
  before(async () => {
    silent = await new TestUpstream((socket) => void socket.resume()).listen();
  });
  after(() => silent[Symbol.asyncDispose]());

  it("goes on with the standby that takes over, and lets known clients in meanwhile", async () => {
    using home = new Home();
    const [ada, bob] = await Promise.all([identity("ada"), identity("bob")]);
    await using primary = await PostgresServer.open(programs);
    await using standby = await PostgresServer.standbyOf(primary);
    await using gateway = await ClusterGateway.start(home, [primary.port, standby.port], PRIMARY);
    await gateway.untilLetIn(ada);
    await primary.replayedBy(standby);
    await primary.kill();
    assert.ok(await gateway.isLetIn(ada), "who is known is let in without a database");
    assert.ok(!(await gateway.isLetIn(bob)), "nobody new is met without one");
    const promoted = standby.promote();
    const met = gateway.untilLetIn(bob);
    for (let asked = 0; asked < 10; asked++) assert.ok(await gateway.isLetIn(ada), "known throughout");
    await Promise.all([promoted, met]);
    await gateway.untilReadiness(/^200 ready$/);
    assert.ok(gateway.server.log.every(({ event }) => event !== "branch-left"));
    const listed = await home.run(["trust", "list", "--json", "--store", gateway.store]);
    const keys = JSON.parse(listed.stdout) as readonly { readonly peer: string; readonly state: string }[];
    assert.deepEqual(keys.map(({ peer, state }) => `${peer} ${state}`).toSorted(), [
      "ada trusted",
      "bob trusted",
    ]);
  });

  it("says what a standby that takes over never had, and cuts who was let in by that", async () => {
    using home = new Home();
    const [ada, bob] = await Promise.all([identity("ada"), identity("bob")]);
    await using primary = await PostgresServer.open(programs);
    await using standby = await PostgresServer.standbyOf(primary);
    await using gateway = await ClusterGateway.start(home, [primary.port, standby.port], PRIMARY);
    await gateway.untilLetIn(ada);
    await primary.replayedBy(standby);
    await standby.stop();
    await gateway.untilLetIn(bob);
    await primary.kill();
    await standby.start();
    await standby.promote();
    const found = await gateway.untilLogged("branch-left");
    assert.equal(found["lost"], 1);
    // Nobody is let in while that is found out.
    await gateway.untilLetIn(ada);
    await gateway.untilLetIn(bob);
    const log = await standby.ask<{ length: number }>(
      "SELECT count(*)::int AS length FROM handclasp.change_log",
    );
    assert.ok((log?.length ?? 0) >= 2);
  });

  for (const what of ["refuses", "answers nothing"] as const) {
    it(`is ready with the second one where the first one ${what}`, async () => {
      using home = new Home();
      await using primary = await PostgresServer.open(programs);
      const first = what === "refuses" ? await freePort() : silent.port;
      await using gateway = await ClusterGateway.start(home, [first, primary.port], PRIMARY);
      await gateway.untilLetIn(await identity("ada"));
      await gateway.untilReadiness(/^200 ready$/);
    });
  }
});
