import type { Replication } from "../../../src/trust/port/replication.ts";

/** A machine that is up to date, but for what is said of it. */
export function replicationWith(changed: Partial<Replication> = {}): Replication {
  return {
    node: { id: "6f9619ff-8b86-4011-b42d-00cf4fc964ff", name: "a" },
    position: 17,
    head: { sequence: 12, hash: "ab".repeat(32) },
    digest: "0123456789ab".padEnd(64, "0"),
    upToDateAt: 0,
    behind: 0,
    isStale: false,
    maxStalenessMs: 300_000,
    database: "reached",
    notifications: true,
    rules: { own: 1, cluster: 1 },
    branch: null,
    later: 0,
    unequal: [],
    ...changed,
  };
}
