import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { HandclaspError } from "../../../src/errors.ts";
import { MemoryCluster } from "../../../src/store/log/memory-cluster.ts";
import { type Runtime, SYSTEM } from "../../../src/store/replica/runtime.ts";
import { claimOf } from "../../../src/testing/contract/claims.ts";
import { prepareChange } from "../../../src/trust/prepare-change.ts";
import { factsOf } from "../../support/certificates.ts";
import { MemoryNode } from "./support/memory-node.ts";

/** Whoever waits has waited. */
function hurried(): Runtime {
  let elapsed = 0;
  return {
    ...SYSTEM,
    elapsed: () => elapsed,
    after: (ms, call) => {
      elapsed += ms;
      setImmediate(call);
      return () => undefined;
    },
  };
}

/** A log that loses what it took first, then cannot be written so often. */
function losing(refusals: number): MemoryCluster {
  const cluster = new MemoryCluster();
  const { log } = cluster;
  const append = log.append.bind(log);
  let count = 0;
  log.append = async (drafts, by) => {
    count += 1;
    if (count > 1 && count <= 1 + refusals)
      throw new HandclaspError("ERR_HANDCLASP_STORE_WRITE", "cannot append to the log: no connection");
    const positions = await append(drafts, by);
    if (count === 1) log.cut(0);
    return positions;
  };
  return cluster;
}

describe("a change whose place the log has lost", () => {
  const change = { kind: "change", change: prepareChange(claimOf(factsOf("anna"))) } as const;

  it("is appended again once the log can be written", async () => {
    const { channel, database } = new MemoryNode(losing(3), { runtime: hurried() });
    const { outcome } = await channel.write(change);
    assert.equal(outcome.kind, "changed");
    assert.equal(database.prepare("SELECT count(*) AS count FROM keys").get()?.["count"], 1);
  });

  it("is not said never to have been there, where that cannot be done", async () => {
    const { channel } = new MemoryNode(losing(Infinity), { runtime: hurried() });
    await assert.rejects(channel.write(change), {
      code: "ERR_HANDCLASP_OUTCOME_UNKNOWN",
      message: /was appended .*no connection/,
    });
  });
});

describe("a change of which nobody said whether it was appended", () => {
  it("came to what the replica carried out meanwhile", async () => {
    const cluster = new MemoryCluster();
    const { log } = cluster;
    const append = log.append.bind(log);
    const node = new MemoryNode(cluster);
    log.append = async (drafts, by) => {
      await append(drafts, by);
      await node.channel.catchUp();
      throw new HandclaspError("ERR_HANDCLASP_OUTCOME_UNKNOWN", "the connection broke");
    };
    const { outcome } = await node.channel.write({
      kind: "change",
      change: prepareChange(claimOf(factsOf("anna"))),
    });
    assert.equal(outcome.kind, "changed");
  });
});
