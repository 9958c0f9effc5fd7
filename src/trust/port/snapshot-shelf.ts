import type { ChainHead } from "../records/events.ts";
import type { LogPlace } from "./change-log.ts";

/** What a snapshot says that it is. */
export interface SnapshotFacts {
  /** A UUID, lower-case. */
  readonly id: string;
  /** The last change that was carried out for it; position 0 where the log begins with it. */
  readonly place: LogPlace;
  /** The end of the chain of events, there. */
  readonly head: ChainHead;
  /** Of all rows that were decided about, there: 64 lower-case hex digits. */
  readonly digest: string;
  /** The node that it is said to be by, which nothing proves: a UUID, lower-case. */
  readonly madeBy: string;
}

/** Somebody who came to the same, by what was said: a node by following the log, or whoever carried it out anew. */
export interface SnapshotWord {
  /** A UUID, lower-case. */
  readonly node: string;
  readonly way: "follows" | "anew";
  readonly digest: string;
}

/** A snapshot that is whole. */
export interface Snapshot extends SnapshotFacts {
  /** How many parts it has, and their bytes altogether. */
  readonly parts: number;
  readonly bytes: number;
  /** Milliseconds since the epoch, by the clock of whoever keeps the shelf. */
  readonly at: number;
  /** Who came to the same, or did not. */
  readonly words: readonly SnapshotWord[];
  /** Whether who owns the shelf keeps it: the log was cut there. */
  readonly kept: boolean;
}

/** A part has no more bytes. */
export const MOST_PART_BYTES: number = 2 * 1024 * 1024;
/** And a snapshot no more parts. */
export const MOST_PARTS = 16_384;
/**
 * As many are there that are finished, and not kept by who owns the shelf. Another one takes the place of the oldest; of those
 * that count, the newest few stay.
 */
export const MOST_SNAPSHOTS = 8;
/** As many of the newest that count stay, however many others are made. */
export const COUNTING_STAY = 3;
/** Of those that a log begins with, before its first change, the first so many stay, whoever says what of them. */
export const MOST_BASES = 3;
/** As many are made at a time. */
export const MOST_UNFINISHED = 4;
/** One that nothing was added to for so long is given up; and one that is not finished after so long. */
export const STANDS_STILL_MS = 300_000;
export const UNFINISHED_KEPT_MS: number = 3_600_000;

/** What the log led to, at some of its places: new nodes start from there. */
export interface SnapshotShelf {
  /** Begins one. Throws ERR_HANDCLASP_STORE_WRITE, also while MOST_UNFINISHED others are being made. */
  begin(facts: SnapshotFacts): Promise<void>;
  /** Adds the next part. Throws ERR_HANDCLASP_STORE_WRITE for what is too large, and for a snapshot that is finished or gone. */
  put(id: string, part: number, bytes: Uint8Array): Promise<void>;
  /** From now on it is there, for everybody. */
  finish(id: string): Promise<void>;
  /** Says that somebody came to this digest at that place. */
  confirm(id: string, word: SnapshotWord): Promise<void>;
  /** All that are finished, the furthest first. Throws ERR_HANDCLASP_STORE_READ. */
  list(): Promise<readonly Snapshot[]>;
  /** The bytes of one part, the first is 0; whoever asks may do with them what they like. Throws ERR_HANDCLASP_STORE_READ, also for one that is not there. */
  part(id: string, part: number): Promise<Uint8Array>;
  /** Has these stay and count, whoever says what of them, and no others any more: for who owns the shelf alone. Throws ERR_HANDCLASP_STORE_WRITE. */
  keep(ids: readonly string[]): Promise<void>;
  /** Takes one away: for who owns the shelf alone. Throws ERR_HANDCLASP_STORE_WRITE. */
  drop(id: string): Promise<void>;
}

/**
 * Whether a snapshot may be started from: two nodes came to its digest by following the log, or somebody did by carrying
 * it out anew, and nobody came to another one; or who owns the shelf keeps it.
 */
export function counts({ digest, words, kept }: Pick<Snapshot, "digest" | "words" | "kept">): boolean {
  if (kept) return true;
  if (words.some((word) => word.digest !== digest)) return false;
  return words.some(({ way }) => way === "anew") || new Set(words.map(({ node }) => node)).size >= 2;
}
