import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { describe, it } from "node:test";
import { openDatabase } from "../../../src/node-sqlite.ts";
import { Operator } from "../../../src/operator/operator.ts";
import { MemoryCluster } from "../../../src/store/log/memory-cluster.ts";
import { makeSnapshot } from "../../../src/store/replica/make-snapshot.ts";
import { ReplicaReader } from "../../../src/store/replica/replica-reader.ts";
import { claimOf } from "../../../src/testing/contract/claims.ts";
import { LOG_START } from "../../../src/trust/port/change-log.ts";
import type { TrustStore } from "../../../src/trust/port/trust-store.ts";
import { factsOf } from "../../support/certificates.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { openNode, Reach } from "./support/reach.ts";

const [anna, ben] = [factsOf("anna"), factsOf("ben")];

/** Of two machines, with where the first one's replica is. */
class Pair {
  readonly shared: MemoryCluster = new MemoryCluster();
  readonly reach: Reach = new Reach(this.shared);
  readonly path: string = join(temporaryFolder(), "replica.db");
  readonly otherPath: string = join(temporaryFolder(), "replica.db");
  readonly other: TrustStore = openNode(new Reach(this.shared), this.otherPath);

  /** The first one, as it is started. */
  start(): TrustStore {
    return openNode(this.reach, this.path);
  }

  async end(): Promise<number> {
    const { head } = await this.shared.log.read(LOG_START, 0);
    return head.position;
  }

  /** The log begins where it ends, with a snapshot of what the other machine has. */
  async compact(): Promise<void> {
    await this.other.catchUp();
    const { shared, otherPath } = this;
    const database = openDatabase(otherPath);
    const { id, digest } = await makeSnapshot({
      cluster: new Reach(shared).cluster,
      database,
      node: randomUUID(),
    });
    database.close();
    await shared.snapshots.confirm(id, { node: randomUUID(), way: "anew", digest });
    await shared.log.cutBefore(await this.end());
  }
}

function operatorOf(store: TrustStore): Operator {
  return new Operator(store, { user: "olga", process: "test 1", now: Date.now });
}

describe("a machine that a log was cut without", () => {
  it("has nobody barred again whom it had barred alone, when its word came into the log before", async () => {
    const pair = new Pair();
    const store = pair.start();
    for (const facts of [anna, ben]) await store.apply(claimOf(facts));
    pair.reach.isAway = true;
    await until(() => store.replication()?.database === "away");
    await operatorOf(store).setAside("anna");
    await store.close();
    // As when the machine ends before it hears of it.
    const replica = openDatabase(pair.path, { readOnly: true });
    await pair.shared.log.append(new ReplicaReader(replica).later(), { node: randomUUID(), rules: 1 });
    replica.close();
    const { other } = pair;
    await other.catchUp();
    await operatorOf(other).approve(anna.pin, { name: "anna" });
    await pair.compact();
    const end = await pair.end();

    pair.reach.isAway = false;
    const again = pair.start();
    await until(() => isSure(again) && again.replication()?.later === 0);
    await Promise.all([again.catchUp(), other.catchUp()]);
    assert.deepEqual(
      [again, other].map((one) => one.key(anna.pin)?.state),
      ["trusted", "trusted"],
    );
    assert.equal(await pair.end(), end, "nothing more came into the log");
    assert.equal(again.head().hash, other.head().hash);
    await Promise.all([again.close(), other.close()]);
  });

  it("has nothing taken again that was lost, when another machine had it taken again before", async () => {
    const pair = new Pair();
    const { other } = pair;
    const store = pair.start();
    for (const facts of [anna, ben]) await store.apply(claimOf(facts));
    const kept = await pair.end();
    await operatorOf(store).setAside("anna");
    await Promise.all([store.catchUp(), other.catchUp()]);
    await store.close();
    pair.shared.log.cut(kept);
    await until(() => isSure(other) && typeof other.replication()?.branch?.leftAt === "number");
    await operatorOf(other).approve(anna.pin, { name: "anna" });
    await pair.compact();
    const end = await pair.end();

    const again = pair.start();
    await until(() => isSure(again) && typeof again.replication()?.branch?.leftAt === "number");
    await Promise.all([again.catchUp(), other.catchUp()]);
    assert.deepEqual(
      [again, other].map((one) => one.key(anna.pin)?.state),
      ["trusted", "trusted"],
    );
    assert.equal(await pair.end(), end, "nothing more came into the log");
    await Promise.all([again.close(), other.close()]);
  });
});

/** Whether it answers, and is on no branch of the log. */
function isSure(store: TrustStore): boolean {
  try {
    store.key(factsOf("nobody").pin);
    return true;
  } catch {
    return false;
  }
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 20));
}
