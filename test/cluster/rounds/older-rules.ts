import assert from "node:assert/strict";
import { openDatabase } from "../../../src/node-sqlite.ts";
import { whyBehind } from "../../../src/operator/replication/replication-trouble.ts";
import type { Replication } from "../../../src/trust/port/replication.ts";
import type { KeyPin } from "../../../src/trust/records/key-record.ts";
import { compact } from "./compaction.ts";
import { type ClusterUnderTest, MAX_STALENESS_MS } from "./cluster-under-test.ts";
import type { NodeHandle } from "./node-handle.ts";
import type { Scene } from "./round-faults.ts";

const BETWEEN_MS = 20;
/** What a busy machine may take until it is as far as it can be. */
const STOPS_MS = 60_000;

/** All machines but one know newer rules, and the cluster goes by them: that one stops, says so, and goes on once it knows them, too. */
export async function outliveRules({ cluster, node, chance }: Scene): Promise<void> {
  const rules = node.rules + 1;
  const isAway = chance.chance(0.5);
  if (isAway) await node.kill();
  await raiseRules(cluster, node);
  const raisedAt = performance.now();
  if (isAway) node.start();
  const pins = trustedAt(node);
  while (performance.now() - raisedAt <= MAX_STALENESS_MS) await checkMeanwhile(node, pins);
  // Nothing that was looked up before is new enough any more.
  const states = await node.judge(pins);
  assert.ok(
    states.every((state) => state === "unavailable"),
    `${node.name} lets nobody in by what is too old`,
  );

  const last = (await cluster.log.firstOf(rules)) - 1;
  const replication = await stopped(node, last);
  assert.deepEqual(replication.rules, { own: rules - 1, cluster: rules });
  assert.notEqual(whyBehind(replication, 0, Date.now()), null, `${node.name} says that it is not ready`);
  await checkDecidesNothing(node, cluster);
  assert.equal((await reportOf(node)).position, last, "what it does not know is not carried out");
  await node.kill();
  node.rules = rules;
  node.start();
}

/** It would have to begin with what newer rules led to: it is not ready, and lets nobody in by that until it knows them. */
export async function compactBeyondRules({ cluster, node, chance }: Scene): Promise<void> {
  const rules = node.rules + 1;
  await node.kill();
  const killedAt = performance.now();
  await raiseRules(cluster, node);
  await cluster.log.firstOf(rules);
  const other = chance.pick(cluster.nodes.filter((one) => one !== node));
  await compact(cluster, other, { keep: 1, leavesBehind: true });
  const pins = trustedAt(node);
  await pause(Math.max(0, killedAt + MAX_STALENESS_MS - performance.now()));
  node.start();
  const startedAt = performance.now();
  for (;;) {
    const { cluster: heard } = (await reportOf(node)).rules;
    const elapsed = performance.now() - startedAt;
    if (heard === rules && elapsed > 2 * MAX_STALENESS_MS) break;
    if (elapsed > STOPS_MS) throw new Error(`${node.name} goes by rules ${heard}`);
    const states = await node.judge(pins);
    assert.ok(!states.includes("unknown"), `${node.name} knows whom it knew`);
    assert.ok(
      !states.includes("trusted"),
      `${node.name} lets nobody in by what it does not know the rules of`,
    );
    await pause(BETWEEN_MS);
  }
  const replication = await reportOf(node);
  assert.deepEqual(replication.rules, { own: rules - 1, cluster: rules });
  assert.notEqual(whyBehind(replication, 0, Date.now()), null, `${node.name} says that it is not ready`);
  await checkDecidesNothing(node, cluster);
  await node.kill();
  node.rules = rules;
  node.start();
}

/** Because it does not know the rules; if it stood still, it may say first that the log does not answer. */
async function checkDecidesNothing(node: NodeHandle, { log }: ClusterUnderTest): Promise<void> {
  const until = performance.now() + STOPS_MS;
  for (;;) {
    const error = await node.apply(log.claim()).then(
      () => assert.fail(`${node.name} decides something new`),
      (reason: Error) => reason,
    );
    if (/rules|reached/.test(error.message)) return;
    if (!error.message.includes("does not answer") || performance.now() > until) throw error;
    await pause(BETWEEN_MS);
  }
}

/** All but one know newer rules, and that one is given up. */
async function raiseRules({ nodes, log }: ClusterUnderTest, without: NodeHandle): Promise<void> {
  const rules = without.rules + 1;
  for (const other of nodes) {
    if (other === without) continue;
    await other.kill();
    other.rules = rules;
    other.start();
  }
  await log.raiseRules(rules, without.name);
}

/** As long as it is sure of what it knows, it says so of everybody; it forgets nobody. */
async function checkMeanwhile(node: NodeHandle, pins: readonly KeyPin[]): Promise<void> {
  const before = await reportOf(node);
  const states = await node.judge(pins);
  const after = await reportOf(node);
  // Else it may have been too old in between.
  const isSame = before.upToDateAt === after.upToDateAt;
  const isSure = isSame && !before.isStale && !after.isStale;
  assert.ok(!states.includes("unknown"), `${node.name} knows whom it knew`);
  assert.ok(!isSure || !states.includes("unavailable"), `${node.name} goes on with what is new enough`);
  await pause(BETWEEN_MS);
}

/** What it says of itself once it is there, which is as far as it can be, and has heard of the rules. */
async function stopped(node: NodeHandle, position: number): Promise<Replication> {
  const until = performance.now() + STOPS_MS;
  for (;;) {
    const replication = await reportOf(node);
    const { own, cluster } = replication.rules;
    if (replication.position === position && cluster > own) return replication;
    if (replication.position > position || performance.now() > until)
      throw new Error(`${node.name} is at ${replication.position}, and can go as far as ${position}`);
    await pause(BETWEEN_MS);
  }
}

async function reportOf(node: NodeHandle): Promise<Replication> {
  const told = await node.ask({ kind: "report" });
  if (told.kind !== "replication" || told.replication === null) throw new Error("this is no replica");
  return told.replication;
}

function trustedAt({ replica }: NodeHandle): readonly KeyPin[] {
  const database = openDatabase(replica, { readOnly: true });
  try {
    const rows = database.prepare("SELECT pin FROM keys WHERE state = 'trusted' LIMIT 50").all();
    return rows.map(({ pin }) => pin as KeyPin);
  } finally {
    database.close();
  }
}

async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}
