import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { openStore } from "../../../src/store/open-store.ts";
import { claimOf } from "../../../src/testing/contract/claims.ts";
import type { TrustStore } from "../../../src/trust/port/trust-store.ts";
import { factsOf } from "../../support/certificates.ts";
import { TestUpstream } from "../../gateway/support/upstream.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { PostgresServer, postgresPrograms } from "./support/postgres-server.ts";

const [programs] = postgresPrograms();
assert.ok(programs, "no PostgreSQL was found, though npm installs one");

/** A server that answers all that a standby answers, and can be written as little. */
const LIKE_A_STANDBY = { default_transaction_read_only: "on" };

describe("several hosts of a database", () => {
  let primary: PostgresServer;
  let other: PostgresServer;
  before(async () => {
    [primary, other] = await Promise.all([
      PostgresServer.open(programs),
      PostgresServer.open(programs, LIKE_A_STANDBY),
    ]);
  });
  after(() => Promise.all([primary, other].map((server) => server[Symbol.asyncDispose]())));

  it("are left for the next until one can be written", async () => {
    await using store = open(`127.0.0.1:${other.port},127.0.0.1:${primary.port}`);
    await caughtUp(store);
    const { kind } = await store.apply(claimOf(factsOf("anna")));
    assert.equal(kind, "changed");
    assert.equal(store.replication()?.database, "reached");
  });

  it("are left for the next where one lets nobody in, or says nothing at all", async () => {
    await using cold = await PostgresServer.standbyOf(primary, { hot_standby: "off" });
    await using silent = await new TestUpstream((socket) => void socket.resume()).listen();
    await using store = open([cold, silent, primary].map(({ port }) => `127.0.0.1:${port}`).join(","));
    await caughtUp(store);
    assert.equal(store.replication()?.database, "reached");
  });

  it("make nobody up to date by one that cannot be written", async () => {
    await using store = open(`127.0.0.1:${other.port}`);
    await assert.rejects(store.catchUp(), { code: "ERR_HANDCLASP_STORE_READ" });
    await assert.rejects(store.apply(claimOf(factsOf("ben"))), { code: "ERR_HANDCLASP_STORE_WRITE" });
    assert.equal(store.replication()?.upToDateAt, null);
  });
});

function open(hosts: string): TrustStore {
  const replica = join(temporaryFolder(), "replica.db");
  return openStore(`postgres://postgres@${hosts}/postgres?replica=${replica}`);
}

async function caughtUp(store: TrustStore): Promise<void> {
  for (;;) {
    try {
      return await store.catchUp();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
