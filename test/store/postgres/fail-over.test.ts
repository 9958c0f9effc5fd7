import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";
import { Operator } from "../../../src/operator/operator.ts";
import { openStore } from "../../../src/store/open-store.ts";
import { claimOf } from "../../../src/testing/contract/claims.ts";
import type { TrustStore } from "../../../src/trust/port/trust-store.ts";
import { factsOf } from "../../support/certificates.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { PostgresServer, postgresPrograms } from "./support/postgres-server.ts";

const [programs] = postgresPrograms();
assert.ok(programs, "no PostgreSQL was found, though npm installs one");

describe("a fail-over to a standby", () => {
  it("that had all transactions is no more than a pause", async () => {
    await using cluster = await openCluster();
    const { standby, primary } = cluster;
    const anna = factsOf("anna");
    const [one, other] = [cluster.node(), cluster.node()];
    await caughtUp(one, other);
    await one.apply(claimOf(anna));
    await operatorOf(one).revoke("anna");
    await one.apply(claimOf(factsOf("carl")));
    await allAppended(one);
    await primary.replayedBy(standby);
    await primary.kill();
    await standby.promote();
    await until(async () => tryTo(one.apply(claimOf(factsOf("ben")))));
    await caughtUp(one, other);
    await until(async () => one.head().hash === other.head().hash);
    assert.equal(one.key(anna.pin)?.state, "revoked");
    assert.equal(one.replication()?.branch, null);
    await Promise.all([one.close(), other.close()]);
  });

  it("that had not the last ones takes again what they took, and says what they gave", async () => {
    await using cluster = await openCluster();
    const { standby, primary } = cluster;
    const [anna, ben] = [factsOf("anna"), factsOf("ben")];
    const [one, other] = [cluster.node(), cluster.node()];
    await caughtUp(one, other);
    await one.apply(claimOf(anna));
    await caughtUp(one, other);
    await primary.replayedBy(standby);
    await standby.stop();
    const kept = one.replication()?.position ?? 0;
    await operatorOf(one).revoke("anna");
    await one.apply(claimOf(ben));
    await allAppended(one);
    await caughtUp(one, other);
    assert.equal(other.key(ben.pin)?.state, "trusted");
    const lost = (one.replication()?.position ?? 0) - kept;
    await primary.kill();
    await standby.start();
    await standby.promote();
    const leftBranch = async (): Promise<boolean> => {
      const pages = await Promise.all([one, other].map((node) => node.listEvents({ type: "branch-left" })));
      return pages.every(({ items }) => items.length > 0);
    };
    await until(leftBranch);
    await caughtUp(one, other);
    await until(async () => one.head().hash === other.head().hash);
    // Whoever has left a branch admits again within its next poll.
    await until(async () => [one, other].every(admits));
    for (const node of [one, other]) {
      assert.equal(node.key(anna.pin)?.state, "revoked");
      assert.equal(node.key(ben.pin), undefined);
      const { branch, digest } = node.replication() ?? {};
      assert.equal(digest, one.replication()?.digest);
      assert.deepEqual(
        branch?.decisions?.firstGone.map(({ type, peer }) => [type, peer]),
        [["met", "ben"]],
      );
      assert.equal(branch?.lost, lost);
      assert.deepEqual(node.audit().rows?.differences, []);
    }
    const left = (await one.listEvents({ type: "branch-left" })).items;
    assert.equal(left.length, 1);
    await Promise.all([one.close(), other.close()]);
  });
});

/** Whether it says what it knows of keys. */
function admits(node: TrustStore): boolean {
  try {
    node.key(factsOf("anybody").pin);
    return true;
  } catch {
    return false;
  }
}

class Cluster implements AsyncDisposable {
  readonly primary: PostgresServer;
  readonly standby: PostgresServer;

  constructor(primary: PostgresServer, standby: PostgresServer) {
    this.primary = primary;
    this.standby = standby;
  }

  /** A machine that knows both. */
  node(): TrustStore {
    const hosts = [this.primary, this.standby].map(({ port }) => `127.0.0.1:${port}`).join(",");
    const replica = join(temporaryFolder(), "replica.db");
    return openStore(`postgres://postgres@${hosts}/postgres?replica=${replica}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.standby[Symbol.asyncDispose]();
    await this.primary[Symbol.asyncDispose]();
  }
}

async function openCluster(): Promise<Cluster> {
  assert.ok(programs);
  const primary = await PostgresServer.open(programs);
  return new Cluster(primary, await PostgresServer.standbyOf(primary));
}

function operatorOf(store: TrustStore): Operator {
  return new Operator(store, { user: "olga", process: "test 1", now: Date.now });
}

/** A key is barred on a slow machine before the log has said so, and that comes into the log as well. */
async function allAppended(node: TrustStore): Promise<void> {
  await until(async () => node.replication()?.later === 0);
}

async function caughtUp(...nodes: readonly TrustStore[]): Promise<void> {
  for (const node of nodes) await until(async () => tryTo(node.catchUp()));
}

async function tryTo(done: Promise<unknown>): Promise<boolean> {
  try {
    await done;
    return true;
  } catch {
    return false;
  }
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 100));
}
