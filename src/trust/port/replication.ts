import type { ChainHead, TrustEventType } from "../records/events.ts";
import type { KeyPin } from "../records/key-record.ts";

/** How far a machine is that shares its trust with others by a log of changes. Moments are milliseconds since the epoch. */
export interface Replication {
  /** This machine: a UUID that lies in its replica, and what people call it. */
  readonly node: { readonly id: string; readonly name: string };
  /** The last change that was carried out here; 0 for none. */
  readonly position: number;
  /** The end of the chain of events here. */
  readonly head: ChainHead;
  /** Of all that was decided, in hex: equal on machines that are equally far. Null when it cannot be read. */
  readonly digest: string | null;
  /** When all that the log had was last carried out here; null for never. */
  readonly upToDateAt: number | null;
  /** How many changes the log had more when it was last read; null when it was not read since the start. */
  readonly behind: number | null;
  /** Nobody is admitted by what is here any more: it is older than `maxStalenessMs`. */
  readonly isStale: boolean;
  readonly maxStalenessMs: number;
  /** What the last look at the database came to. */
  readonly database: "reached" | "away" | "behind a standby";
  /** Whether the database wakes this machine; it looks more often where not. */
  readonly notifications: boolean;
  /** The rules that this machine knows, and those that the log is carried out by. */
  readonly rules: { readonly own: number; readonly cluster: number };
  /** The last time that what was here was not in the log, or no longer; null for never. */
  readonly branch: LogBranch | null;
  /** How many changes bar somebody here already, and are to be appended when the database is back. */
  readonly later: number;
  /** Machines that came to something else by the same changes, by name: empty, unless something is broken. */
  readonly unequal: readonly string[];
  /** Who keeps the database from taking what is appended, where that is what is wrong: safe to print. */
  readonly heldBy?: string;
  /** Why the database cannot be used, where that is nothing that waiting mends: safe to print. */
  readonly unusable?: string;
  /** Another machine says that it is this one, as it has a copy of its replica; absent unless that is so. */
  readonly isDoubled?: true;
  /** Why nothing more of the log is carried out here, which is not what it should be; absent where it is. Safe to print. */
  readonly brokenLog?: string;
  /** What other machines told that makes no sense, and was left out; absent when there was nothing. */
  readonly ignored?: IgnoredTelling;
  /** The last snapshot that this process would have started from, and that was not what it says; absent when there was none. */
  readonly refusedSnapshot?: RefusedSnapshot;
  /** The snapshot that this process is taking in to begin with; absent when there is none. */
  readonly starting?: SnapshotStart;
}

/** A snapshot that a machine begins with, and how much of it is here. */
export interface SnapshotStart {
  readonly id: string;
  /** The change that it says to be of. */
  readonly position: number;
  /** How many of its parts are here, and how many there are. */
  readonly part: number;
  readonly parts: number;
}

export interface RefusedSnapshot {
  readonly id: string;
  /** The change that it says to be of. */
  readonly position: number;
  /** The machine that it says it is by: a UUID. */
  readonly madeBy: string;
  /** Safe to print. */
  readonly why: string;
  readonly at: number;
}

export interface IgnoredTelling {
  /** Since the start. */
  readonly count: number;
  /** When the last came. */
  readonly at: number;
  /** What the last was, and why it was left out: safe to print. */
  readonly last: string;
}

/** Where a replica and the log parted. Until it was left nobody is admitted. */
export interface LogBranch {
  /** The last place that both have; until it was left, that or one after it. */
  readonly from: number;
  /** How many changes came after it here that the log does not have. */
  readonly lost: number;
  /** What became of what was decided on it; absent before it was left. */
  readonly decisions?: LostDecisions;
  readonly foundAt: number;
  /** When the replica was as the log says again; null before that. */
  readonly leftAt: number | null;
}

export interface LostDecisions {
  /** How many took trust away, or said nothing that counts: the former were repeated. */
  readonly again: number;
  /** How many count no more: an operator decides anew. */
  readonly gone: number;
  /** The first hundred of those. */
  readonly firstGone: readonly GoneDecision[];
}

/** An event that is not in the chain any more. */
export interface GoneDecision {
  readonly sequence: number;
  readonly type: TrustEventType;
  /** ISO 8601 in UTC. */
  readonly at: string;
  readonly pin: KeyPin | null;
  readonly peer: string | null;
}
