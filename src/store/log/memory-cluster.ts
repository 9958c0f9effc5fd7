import type { Cluster } from "../../trust/port/cluster.ts";
import type { LogDraft } from "../../trust/port/change-log.ts";
import { MemoryChangeLog } from "./memory-change-log.ts";
import { MemoryNodeRoster } from "./memory-node-roster.ts";
import { MemorySharedRows } from "./memory-shared-rows.ts";
import { MemorySnapshotShelf } from "./memory-snapshot-shelf.ts";

interface MemoryClusterOptions {
  /** Milliseconds since the epoch; default the system's clock. */
  readonly now?: () => number;
  /** When a change is appended; default `now`. May go back. */
  readonly stamp?: (draft: LogDraft) => number;
  /** The rules that it goes by; default 1. */
  readonly rules?: number;
}

/** A cluster whose nodes are all in this process, and which lasts as long as that: several stores may have it. */
export class MemoryCluster implements Cluster {
  readonly log: MemoryChangeLog;
  readonly nodes: MemoryNodeRoster;
  readonly shared: MemorySharedRows;
  readonly snapshots: MemorySnapshotShelf;

  constructor({ now = Date.now, stamp = now, rules = 1 }: MemoryClusterOptions = {}) {
    this.log = new MemoryChangeLog(stamp);
    this.nodes = new MemoryNodeRoster(now, rules);
    this.shared = new MemorySharedRows(now);
    this.snapshots = new MemorySnapshotShelf(now);
  }

  hangUp(): void {}

  async close(): Promise<void> {}
}
