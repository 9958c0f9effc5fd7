import { openDatabase } from "../../../src/node-sqlite.ts";
import { PGBOUNCER, Pooler } from "../support/pooler.ts";
import type { Seeded } from "../simulation/seeded.ts";
import type { ClusterUnderTest } from "./cluster-under-test.ts";
import { compactMeanwhile, compactWhileAway, loseReplica } from "./compaction.ts";
import { failOverWithAll, failOverWithoutLast } from "./fail-over.ts";
import { FAKETIME, type NodeHandle } from "./node-handle.ts";
import { compactBeyondRules, outliveRules } from "./older-rules.ts";

/** Where a fault happens, and by whose chance. */
export interface Scene {
  readonly cluster: ClusterUnderTest;
  readonly node: NodeHandle;
  readonly chance: Seeded;
  /** How many changes a machine that is away misses. */
  readonly missed: number;
}

export interface RoundFault {
  readonly name: string;
  /** What is missing here for it; undefined when nothing is. */
  readonly missing?: string | undefined;
  /** Resolves when it happened; the cluster is healed after that. */
  happen(scene: Scene): Promise<void>;
}

const SHORT_MS = 600;
/** Longer than a machine relies on what it has. */
const LONG_MS = 3500;
/** As many as are carried out in one. */
const IN_TRANSACTION = 4000;

export const FAULTS: readonly RoundFault[] = [
  {
    name: "a node is killed",
    happen: async ({ node, chance }) => {
      await node.kill();
      await pause(chance.below(SHORT_MS));
      node.start();
      await pause(SHORT_MS);
    },
  },
  { name: "a node is killed inside of a transaction", happen: killInTransaction },
  {
    name: "the database is killed",
    happen: async ({ cluster, chance }) => {
      await cluster.server.kill();
      await pause(chance.below(SHORT_MS));
      await cluster.server.start();
    },
  },
  {
    name: "a connection is frozen",
    happen: async ({ node, chance }) => {
      node.network.pass({ kind: "frozen" });
      await pause(chance.chance(0.3) ? LONG_MS : SHORT_MS);
    },
  },
  {
    name: "a node is cut off",
    happen: async ({ node, chance }) => {
      node.network.pass({ kind: "cut" });
      await pause(chance.chance(0.5) ? LONG_MS : SHORT_MS);
    },
  },
  {
    name: "a connection is slow",
    happen: async ({ node, chance }) => {
      node.network.pass({ kind: "slow", delayMs: 20 + chance.below(200) });
      await pause(2 * SHORT_MS);
    },
  },
  {
    name: "connections break now and then",
    happen: async ({ cluster, chance }) => {
      for (const { network } of cluster.nodes)
        network.pass({ kind: "lossy", chance: 0.01 + chance.next() * 0.05 });
      await pause(2 * SHORT_MS);
    },
  },
  {
    name: "a connection breaks between commit and answer",
    happen: async ({ cluster, chance }) => {
      for (const { network } of cluster.nodes) network.leaveUnanswered(1 + chance.below(4));
      await pause(2 * SHORT_MS);
    },
  },
  {
    name: "nobody is notified",
    happen: async ({ cluster }) => {
      for (const { network } of cluster.nodes) network.isDeaf = true;
      await pause(LONG_MS);
    },
  },
  {
    name: "a clock is an hour off",
    missing: FAKETIME === undefined ? "faketime" : undefined,
    happen: async ({ node, chance }) => {
      await node.kill();
      node.clockOffHours = chance.pick([-1, 1]);
      node.start();
      await pause(2 * SHORT_MS);
      await node.kill();
      node.clockOffHours = 0;
    },
  },
  {
    name: "a node is away while much is decided",
    happen: async ({ cluster, node, missed }) => {
      await node.kill();
      await cluster.log.appendClaims(missed);
      node.start();
    },
  },
  {
    name: "two processes share a replica",
    happen: async ({ node }) => {
      node.start();
      await pause(SHORT_MS);
      await node.killOne();
      node.start();
      await pause(SHORT_MS);
      await node.killOne();
    },
  },
  { name: "the log is compacted", happen: compactMeanwhile },
  { name: "the log is compacted while a node is away", happen: compactWhileAway },
  { name: "the replica of a node is lost", happen: loseReplica },
  { name: "a standby takes over that has all", happen: failOverWithAll },
  { name: "a standby takes over without the last changes", happen: failOverWithoutLast },
  {
    name: "a pooler is in between",
    missing: PGBOUNCER === undefined ? "pgbouncer" : undefined,
    happen: async ({ cluster }) => {
      await using pooler = await Pooler.open(cluster.server.port);
      for (const { network } of cluster.nodes) network.leadTo(pooler.port);
      await pause(4 * SHORT_MS);
      for (const { network } of cluster.nodes) network.leadTo(cluster.server.port);
    },
  },
  { name: "a node has older rules", happen: outliveRules },
  { name: "the log is compacted beyond what a node knows the rules of", happen: compactBeyondRules },
  {
    name: "a change throws",
    happen: async ({ cluster, chance }) => {
      for (let count = 0; count < 5; count++) {
        await cluster.log.appendNonsense([chance.pick(THROWING)]);
        await pause(SHORT_MS / 5);
      }
    },
  },
];

/** What no machine would append, and every one must get over. */
const THROWING = [
  "{}",
  `{"change":{"type":"claim"},"seen":[]}`,
  `{"change":{"at":0,"type":"revoke"},"seen":[]}`,
  `{"change":{"actor":null,"at":0,"key":{"kind":"pin","pin":"sha256:none","text":"x"},"type":"forget"},"seen":[]}`,
];

/** While it catches up with much, so that it is inside of one when somebody else cannot begin one. */
async function killInTransaction({ cluster, node, missed }: Scene): Promise<void> {
  node.network.pass({ kind: "cut" });
  await cluster.log.appendClaims(Math.min(missed, IN_TRANSACTION));
  node.network.pass({ kind: "open" });
  const replica = openDatabase(node.replica, { timeout: 0 });
  const until = performance.now() + 5000;
  while (performance.now() < until) {
    try {
      replica.exec("BEGIN IMMEDIATE; ROLLBACK");
    } catch {
      break;
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  await node.kill();
  replica.close();
  node.start();
}

async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}
