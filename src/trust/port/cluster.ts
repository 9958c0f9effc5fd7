import type { ChangeLog } from "./change-log.ts";
import type { NodeRoster } from "./node-roster.ts";
import type { SharedRows } from "./shared-rows.ts";
import type { SnapshotShelf } from "./snapshot-shelf.ts";

/** What the machines of a cluster share: each part is a port of its own. */
export interface Cluster {
  readonly log: ChangeLog;
  readonly nodes: NodeRoster;
  readonly shared: SharedRows;
  readonly snapshots: SnapshotShelf;
  /** Breaks the connections that there are: for who has waited too long for an answer. Others are made when they are needed. */
  hangUp(why: string): void;
  /** Ends all parts: nothing may be asked of them from then on. */
  close(): Promise<void>;
}
