import { PostgresServer } from "../../store/postgres/support/postgres-server.ts";
import { compactWhileAway } from "./compaction.ts";
import type { Scene } from "./round-faults.ts";

const SHORT_MS = 600;
const MOST_LOST = 20;

/** The database dies in the midst of its work, and a standby takes over that has all that was ever answered. */
export async function failOverWithAll({ cluster }: Scene): Promise<void> {
  const standby = await PostgresServer.standbyOf(cluster.server);
  await cluster.takesOver(standby, async () => {
    await cluster.log.waitForStandby();
    await pause(SHORT_MS);
    await cluster.loseDatabase();
    await standby.promote();
  });
  await pause(2 * SHORT_MS);
}

/** The standby that takes over had stopped before the last changes: revocations are among them, and it may be that the log was compacted since. */
export async function failOverWithoutLast(scene: Scene): Promise<void> {
  const { cluster, chance } = scene;
  const standby = await PostgresServer.standbyOf(cluster.server);
  await cluster.takesOver(standby, async () => {
    await standby.stop();
    if (chance.chance(0.5)) await compactWhileAway(scene);
    await cluster.log.appendedMore(1 + chance.below(MOST_LOST));
    await cluster.loseDatabase();
    await standby.start();
    await standby.promote();
    cluster.hasLost = true;
    cluster.lostAt = performance.now();
  });
  await pause(2 * SHORT_MS);
}

async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}
