import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { MemoryCluster } from "../../../src/store/log/memory-cluster.ts";
import { EqualStandings } from "../../../src/store/replica/equal-standings.ts";
import { openMemoryReplica } from "../../../src/store/replica/open-replica.ts";
import { claimOf } from "../../../src/testing/contract/claims.ts";
import type { NodeReport } from "../../../src/trust/port/node-roster.ts";
import { factsOf } from "../../support/certificates.ts";
import { until } from "../sqlite/support/stores.ts";

function said(name: string, position: number, digest: string): NodeReport {
  const head = { sequence: position, hash: "00" };
  return { id: name, name, position, head, digest, version: "0.1.0", rules: 1, listeners: [] };
}

describe("machines that carry out one log", () => {
  it("are compared where they are equally far, and nowhere else", () => {
    const standings = new EqualStandings();
    standings.note(said("a", 7, "x"));
    standings.note(said("a", 9, "y"));
    standings.compare([said("b", 7, "x"), said("c", 8, "?"), said("d", 7, "y"), said("e", 9, "x")]);
    assert.deepEqual(standings.unequal, ["d", "e"]);
  });

  it("are unequal until they are found to be equal again, or are gone", () => {
    const standings = new EqualStandings();
    standings.note(said("a", 7, "x"));
    standings.compare([said("b", 7, "y"), said("c", 7, "y")]);
    standings.compare([said("b", 8, "?"), said("c", 8, "?")]);
    assert.deepEqual(standings.unequal, ["b", "c"]);
    standings.note(said("a", 9, "z"));
    standings.compare([said("b", 9, "z")]);
    assert.deepEqual(standings.unequal, []);
  });

  it("are not compared with what one of them was on a branch that it left", () => {
    const standings = new EqualStandings();
    standings.note(said("a", 7, "x"));
    standings.note(said("a", 5, "v"));
    standings.compare([said("b", 7, "y")]);
    assert.deepEqual(standings.unequal, []);
  });

  it("are not compared with one that is new, and has nothing of the copy that the log begins with", () => {
    const copied = { ...said("a", 0, "x"), head: { sequence: 13, hash: "00" } };
    const standings = new EqualStandings();
    standings.note(said("a", 0, "nothing"));
    standings.compare([{ ...copied, id: "b", name: "b" }]);
    standings.note(copied);
    standings.compare([said("c", 0, "nothing")]);
    assert.deepEqual(standings.unequal, []);
    standings.compare([{ ...copied, id: "d", name: "d", digest: "y" }]);
    assert.deepEqual(standings.unequal, ["d"]);
  });

  it("say which came to something else, and no more once it did not", async () => {
    const cluster = new MemoryCluster();
    await using store = openMemoryReplica({ cluster, machine: "ant", url: "cluster:" });
    await store.apply(claimOf(factsOf("anna")));
    const same = store.replication();
    assert.ok(same !== null);
    const { position, head } = same;
    const bee = { ...said("bee", position, "0".repeat(64)), head };
    await cluster.nodes.beat(bee);
    await until(() => store.replication()?.unequal.join() === "bee");
    await cluster.nodes.beat({ ...bee, digest: same.digest ?? "" });
    await until(() => store.replication()?.unequal.length === 0);
  });
});
