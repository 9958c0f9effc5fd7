import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { openReplica } from "../../../src/store/replica/open-replica.ts";
import { migrate } from "../../../src/store/postgres/migrate.ts";
import { openPool } from "./support/open-pool.ts";
import { PostgresCluster } from "../../../src/store/postgres/postgres-cluster.ts";
import { claimOf } from "../../../src/testing/contract/claims.ts";
import type { TrustStore } from "../../../src/trust/port/trust-store.ts";
import { factsOf } from "../../support/certificates.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { PostgresServer, postgresPrograms } from "./support/postgres-server.ts";

const [programs] = postgresPrograms();
assert.ok(programs, "no PostgreSQL was found, though npm installs one");

describe("replicas of a log in PostgreSQL", () => {
  let server: PostgresServer;
  before(async () => {
    server = await PostgresServer.open(programs);
  });
  after(() => server[Symbol.asyncDispose]());

  async function openNodes(count: number): Promise<readonly TrustStore[]> {
    const schema = `handclasp_${randomUUID().replaceAll("-", "")}`;
    const pool = openPool(server.url(), schema);
    await migrate(await pool.sql(), schema);
    await pool.close();
    return Array.from({ length: count }, () =>
      openReplica(join(temporaryFolder(), "replica.db"), {
        cluster: new PostgresCluster(openPool(server.url(), schema)),
        machine: "test",
        url: server.url(),
      }),
    );
  }

  it("give each name to one key, and come to one head, whoever claims where at once", async () => {
    const nodes = await openNodes(3);
    const names = Array.from({ length: 40 }, (_, at) => `peer-${at}`);
    const outcomes = await Promise.all(
      names.flatMap((name) => nodes.map((node) => node.apply(claimOf(factsOf(name), { maxPending: 1000 })))),
    );
    assert.equal(outcomes.filter(({ kind }) => kind === "changed").length, names.length);
    const heads = await agreed(nodes);
    assert.equal(heads[0]?.sequence, names.length);
    for (const node of nodes) {
      for (const name of names) {
        assert.deepEqual(
          node.keysOfName(name).map(({ pin }) => pin),
          nodes[0]?.keysOfName(name).map(({ pin }) => pin),
        );
      }
    }
    await Promise.all(nodes.map((node) => node.close()));
  });
});

/** The heads of all, once they are the same. */
async function agreed(nodes: readonly TrustStore[]): Promise<readonly { sequence: number; hash: string }[]> {
  for (;;) {
    const heads = nodes.map((node) => node.head());
    if (heads.every(({ hash }) => hash === heads[0]?.hash)) return heads;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
