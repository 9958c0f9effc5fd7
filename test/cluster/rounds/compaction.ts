import assert from "node:assert/strict";
import type { ClusterUnderTest } from "./cluster-under-test.ts";
import type { NodeHandle } from "./node-handle.ts";
import type { Scene } from "./round-faults.ts";

const SHORT_MS = 600;
const MOST_MISSED = 20;
const UNREAD = "nothing was changed; do it again once the log can be read";

/** What the verb says of it. */
interface Compacted {
  readonly before: number;
  readonly leftBehind: readonly { readonly name: string }[];
}

interface How {
  readonly keep: number;
  readonly leavesBehind?: boolean;
}

/** As an operator does it, on a machine that goes on meanwhile. */
export async function compact(
  { log, patienceMs }: ClusterUnderTest,
  on: NodeHandle,
  { keep, leavesBehind = false }: How,
): Promise<Compacted> {
  const may = leavesBehind ? ["--dangerously-leave-machines-behind"] : [];
  const first = Math.max(1, await log.begins());
  // Whoever reads the log by another way is no machine: nobody waits for it.
  const verb = ["store", "compact", "--keep", String(keep), ...may];
  const made = (await log.reading(againWhereUnread(on, verb, patienceMs))) as Compacted;
  assert.equal(await log.begins(), Math.max(first, made.before), "the log begins where it was said to");
  return made;
}

/** A busy machine may take longer to hear of the log than it waits for it; then nothing was changed. */
async function againWhereUnread(on: NodeHandle, verb: readonly string[], withinMs: number): Promise<unknown> {
  const until = performance.now() + withinMs;
  for (;;) {
    try {
      return await on.verb(...verb);
    } catch (error) {
      if (performance.now() > until || !String(error).includes(UNREAD)) throw error;
    }
  }
}

/** Under way, while all machines are there. */
export async function compactMeanwhile({ cluster, node, chance }: Scene): Promise<void> {
  const { leftBehind } = await compact(cluster, node, { keep: 1 + chance.below(2) });
  assert.deepEqual(leftBehind, []);
  await pause(SHORT_MS);
}

/** What a machine missed is not in the log any more when it comes back. What it was told meanwhile it knows alone. */
export async function compactWhileAway({ cluster, node, chance }: Scene): Promise<void> {
  if (chance.chance(0.5)) {
    node.network.pass({ kind: "cut" });
    await pause(2 * SHORT_MS);
  }
  await node.kill();
  node.network.pass({ kind: "open" });
  await cluster.log.appendedMore(1 + chance.below(MOST_MISSED));
  const other = chance.pick(cluster.nodes.filter((one) => one !== node));
  const { before } = await compact(cluster, other, { keep: 1, leavesBehind: true });
  assert.ok(before > node.read((replica) => replica.place().position), `${node.name} was left behind`);
  node.start();
  await pause(SHORT_MS);
}

/** It begins with a snapshot and what comes after it; without one, with all of the log. */
export async function loseReplica({ cluster, node, chance }: Scene): Promise<void> {
  for (;;) {
    await node.kill();
    // What is nowhere else would be lost with it.
    if (!node.hasLater()) break;
    node.start();
    await pause(SHORT_MS);
  }
  node.loseReplica();
  await cluster.log.forgetNode(node.name);
  const other = chance.pick(cluster.nodes.filter((one) => one !== node));
  if (chance.chance(0.5)) await compact(cluster, other, { keep: 1 });
  node.start();
  await pause(SHORT_MS);
}

async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}
