import type {
  LostDecisions,
  RefusedSnapshot,
  Replication,
  SnapshotStart,
} from "../../trust/port/replication.ts";
import type { ChainHead } from "../../trust/records/events.ts";

/** How far a machine is with the log that it shares with others, as programs get it. */
export interface ReplicationJson {
  /** What people call this machine. */
  readonly node: string;
  readonly nodeId: string;
  readonly position: number;
  readonly head: ChainHead;
  readonly digest: string | null;
  /** ISO 8601; null for never. */
  readonly upToDateAt: string | null;
  /** How old what is here is; null when nothing is. */
  readonly ageMs: number | null;
  readonly behind: number | null;
  readonly stale: boolean;
  readonly maxStalenessMs: number;
  readonly database: Replication["database"];
  readonly notifications: boolean;
  readonly rules: Replication["rules"];
  readonly branch: {
    readonly from: number;
    readonly lost: number;
    readonly foundAt: string;
    readonly leftAt: string | null;
    /** Null until it was left. */
    readonly decisions: LostDecisions | null;
  } | null;
  readonly later: number;
  readonly unequal: readonly string[];
  /** What other machines told since the start that makes no sense, and was left out; null for nothing. */
  readonly ignored: { readonly count: number; readonly at: string; readonly last: string } | null;
  /** Who keeps the database from taking what is appended; null for nobody. */
  readonly heldBy: string | null;
  /** Why the database cannot be used, where that is nothing that waiting mends; else null. */
  readonly unusable: string | null;
  /** Why nothing more of the log is carried out here, which is not what it should be; null where it is. */
  readonly brokenLog: string | null;
  /** Another machine says that it is this one. */
  readonly doubled: boolean;
  /** The last snapshot that was not what it says; null for none. */
  readonly refusedSnapshot: (Omit<RefusedSnapshot, "at"> & { readonly at: string }) | null;
  /** The snapshot that is being taken in to begin with; null for none. */
  readonly starting: SnapshotStart | null;
}

export function toReplicationJson(replication: Replication, now: number): ReplicationJson {
  const { node, upToDateAt, isStale, branch, ...as } = replication;
  return {
    node: node.name,
    nodeId: node.id,
    position: as.position,
    head: as.head,
    digest: as.digest,
    upToDateAt: toTime(upToDateAt),
    ageMs: upToDateAt === null ? null : Math.max(0, now - upToDateAt),
    behind: as.behind,
    stale: isStale,
    maxStalenessMs: as.maxStalenessMs,
    database: as.database,
    notifications: as.notifications,
    rules: as.rules,
    branch: branch && {
      from: branch.from,
      lost: branch.lost,
      foundAt: new Date(branch.foundAt).toISOString(),
      leftAt: toTime(branch.leftAt),
      decisions: branch.decisions ?? null,
    },
    later: as.later,
    unequal: as.unequal,
    ignored: as.ignored === undefined ? null : timed(as.ignored),
    heldBy: as.heldBy ?? null,
    unusable: as.unusable ?? null,
    brokenLog: as.brokenLog ?? null,
    doubled: as.isDoubled === true,
    refusedSnapshot: as.refusedSnapshot === undefined ? null : timed(as.refusedSnapshot),
    starting: as.starting ?? null,
  };
}

function timed<T extends { readonly at: number }>(what: T): Omit<T, "at"> & { readonly at: string } {
  return { ...what, at: new Date(what.at).toISOString() };
}

function toTime(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}
