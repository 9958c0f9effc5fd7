/**
 * What machines tell each other beside the log: `seen`, `looked` and `used` are moments, of which the latest stands;
 * `refusal`, `run`, `connection` and `waiting` are each machine's own; `session` and `setting` are everybody's. Newer
 * versions may have more.
 */
export type SharedKind =
  | "seen"
  | "looked"
  | "used"
  | "refusal"
  | "run"
  | "connection"
  | "waiting"
  | "session"
  | "setting";

/** One thing that a machine saw, or keeps. */
export interface SharedRow {
  readonly kind: SharedKind;
  /** What it is about; of a kind that is each machine's own, there is one for every machine. */
  readonly key: string;
  /** A text; null when it is gone. */
  readonly value: string | null;
  /** Milliseconds since the epoch: the moment, or when it ends by itself; 0 for no matter. */
  readonly at: number;
}

/** One that was written by a machine, as others read it. */
export interface ReadRow extends SharedRow {
  /** A UUID: whose it is; null for what is everybody's. */
  readonly node: string | null;
  /** How long ago it was written, in milliseconds, by the clock of whoever keeps the rows. */
  readonly ageMs: number;
}

/** How far somebody has read. */
export interface SharedPlace {
  /** Of which history of the rows; another one begins where they were brought back from a copy. */
  readonly epoch: string;
  readonly revision: number;
  /** From which revision on it has to be told what is gone: it lies behind while all is read anew. */
  readonly since: number;
}

/** What was read. */
export interface Exchanged {
  /** What was written after the place by others, and what is gone; in the order in which it was written. */
  readonly rows: readonly ReadRow[];
  readonly place: SharedPlace;
  /** Whether it begins anew: what of the others is not in these rows and those that follow is not there. */
  readonly isWhole: boolean;
  readonly hasMore: boolean;
}

/** How much of a kind is kept for all machines together: beyond it the oldest goes, whoever wrote it. Keys count, too. */
export interface KindBounds {
  readonly rows: number;
  readonly bytes: number;
}

/** How much is kept, whatever strangers do, and what a machine that was taken over tells. */
export interface SharedBounds {
  /** Keys that wait, of all machines together; who has most of them loses the oldest. */
  readonly waiting: number;
  /** Of their rows, in bytes, likewise. */
  readonly waitingBytes: number;
  /** Refusals, of each machine. */
  readonly refusals: number;
  /** What is gone, for whoever did not hear of it; who is further behind reads all anew. */
  readonly gone: number;
  /** Above what machines keep, of each kind that there is: there is no other. */
  readonly kinds: Readonly<Record<SharedKind, KindBounds>>;
}

const MEGABYTE = 1024 * 1024;

export const SHARED_BOUNDS: SharedBounds = {
  waiting: 10_000,
  waitingBytes: 64 * MEGABYTE,
  refusals: 12_000,
  gone: 100_000,
  kinds: {
    seen: { rows: 4_000_000, bytes: 1024 * MEGABYTE },
    looked: { rows: 1_000_000, bytes: 256 * MEGABYTE },
    used: { rows: 10_000, bytes: 4 * MEGABYTE },
    refusal: { rows: 240_000, bytes: 512 * MEGABYTE },
    run: { rows: 10_000, bytes: 16 * MEGABYTE },
    connection: { rows: 500_000, bytes: 512 * MEGABYTE },
    waiting: { rows: 20_000, bytes: 128 * MEGABYTE },
    session: { rows: 10_000, bytes: 16 * MEGABYTE },
    setting: { rows: 1000, bytes: 4 * MEGABYTE },
  },
};

/** A run of which nothing was written for so long is over. */
export const RUN_SILENT_MS = 60_000;
/** How long it is kept what is gone. */
export const GONE_KEPT_MS: number = 10 * 60_000;
/** What is longer is not taken. */
export const MOST_VALUE_BYTES: number = 128 * 1024;
/** How many rows are read at a time. */
export const MOST_READ = 2000;

/** Rows that machines share, in no order that trust depends on: what is written of one twice is what was written last. */
export interface SharedRows {
  /**
   * Writes rows of a machine, all or none, and reads what others wrote after a place. Throws ERR_HANDCLASP_STORE_WRITE,
   * and ERR_HANDCLASP_OPTION for rows that cannot be kept, whoever is asked to.
   */
  exchange(rows: readonly SharedRow[], node: string, after: SharedPlace): Promise<Exchanged>;
  /**
   * Writes a setting, if the former one is what is there; null for nothing. Throws ERR_HANDCLASP_CONFLICT when it is not,
   * ERR_HANDCLASP_STORE_WRITE.
   */
  putSetting(name: string, value: string, former: string | null, node: string): Promise<void>;
  /** Calls back when others may have written what is not to wait; it may be late, and may not come. Returns how to stop. */
  onMore(listener: () => void): () => void;
}

/** Where whoever has read nothing stands. */
export const SHARED_START: SharedPlace = { epoch: "", revision: 0, since: 0 };
