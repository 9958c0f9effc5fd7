import assert from "node:assert/strict";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { MemoryCluster } from "../../../src/store/log/memory-cluster.ts";
import { MemoryNodeRoster } from "../../../src/store/log/memory-node-roster.ts";
import { openReplica } from "../../../src/store/replica/open-replica.ts";
import { SYSTEM } from "../../../src/store/replica/runtime.ts";
import { claimOf } from "../../../src/testing/contract/claims.ts";
import type { Beat, NodeReport } from "../../../src/trust/port/node-roster.ts";
import { factsOf } from "../../support/certificates.ts";
import { standStill } from "../../support/stand-still.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

/** Answers by what the system has to be asked for, as a database does. */
class AskedRoster extends MemoryNodeRoster {
  asked = 0;

  override async beat(report: NodeReport): Promise<Beat> {
    this.asked++;
    await stat(import.meta.dirname);
    return super.beat(report);
  }
}

describe("a process that stood still while a look was under way", () => {
  it("hangs up on nobody who has answered meanwhile, and decides at once", async () => {
    const nodes = new AskedRoster(Date.now, 1);
    let stoodMs = 0;
    let hungUp = 0;
    const { log, shared, snapshots } = new MemoryCluster();
    await using store = openReplica(join(temporaryFolder(), "replica.db"), {
      cluster: {
        log,
        shared,
        snapshots,
        nodes,
        hangUp: () => {
          hungUp++;
        },
        close: async () => undefined,
      },
      machine: "edge-1",
      url: "memory log",
      maxStalenessMs: 300_000,
      runtime: {
        ...SYSTEM,
        now: () => Date.now() + stoodMs,
        elapsed: () => SYSTEM.elapsed() + stoodMs,
      },
    });
    await store.catchUp();
    const before = nodes.asked;
    const looking = store.catchUp();
    while (nodes.asked === before) await Promise.resolve();
    standStill(1500);
    stoodMs = 60_000;
    const decided = store.apply(claimOf(factsOf("anna")));
    await looking;
    assert.equal((await decided).kind, "changed");
    assert.equal(hungUp, 0);
  });
});
