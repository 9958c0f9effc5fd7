/** A change that is to have a place in the log. */
export interface LogDraft {
  /** A UUID, lower-case: the same id twice is one change. */
  readonly id: string;
  /** The change in RFC 8785 form. */
  readonly change: string;
}

/** How long a change may be, in UTF-8: longer ones are not appended. */
export const MOST_BYTES: number = 4 * 1024 * 1024;

/** A place in the log. */
export interface LogPlace {
  /** 1 for the first change; no number is left out. */
  readonly position: number;
  /** 64 lower-case hex digits. */
  readonly hash: string;
}

/** A change as it stands in the log. Its hash is over the previous one, id, rules, who appended it, `at` and the change. */
export interface LogEntry extends LogPlace, LogDraft {
  /** The hash of the entry before it. */
  readonly previous: string;
  /** The number of the rules by which it is to be carried out. */
  readonly rules: number;
  /** A UUID: the node that appended it. */
  readonly appendedBy: string;
  /** ISO 8601 in UTC, to the millisecond; never before the entry before it. */
  readonly at: string;
}

/** What was read of the log. */
export interface LogRead {
  /** Whether the log has the place that was read after. When it has not, it was cut, or whoever stood there is on a branch of it. */
  readonly follows: boolean;
  /** What comes after it, in order; none where nothing does, or it does not follow. */
  readonly entries: readonly LogEntry[];
  /** The end of the log in the same moment. */
  readonly head: LogPlace;
  /** Whether it was read where changes are appended, and not from a copy that may be behind. */
  readonly isPrimary: boolean;
}

/** Who appends. */
export interface Appender {
  /** A UUID, lower-case. */
  readonly node: string;
  /** The number of the rules that it goes by. */
  readonly rules: number;
}

/** Changes in one order, for everybody: what is read up to a position is all that there is up to it. */
export interface ChangeLog {
  /**
   * Appends changes in their order; resolves to their positions when that is durable. Those whose id is there already
   * are not appended again. Throws ERR_HANDCLASP_STORE_WRITE when nothing was appended, and ERR_HANDCLASP_OUTCOME_UNKNOWN
   * when nobody can tell.
   */
  append(drafts: readonly LogDraft[], by: Appender): Promise<readonly number[]>;
  /** The next `most` entries at the most after a place. Throws ERR_HANDCLASP_STORE_READ. */
  read(after: LogPlace, most: number): Promise<LogRead>;
  /**
   * Takes away what comes before a position that the log has, and says how much that was: whoever is not as far begins with
   * a snapshot. For who owns the log alone. Throws ERR_HANDCLASP_STORE_WRITE.
   */
  cutBefore(position: number): Promise<number>;
  /** The position of the first change that is there, or will be; 1 unless the log was cut. Throws ERR_HANDCLASP_STORE_READ. */
  begins(): Promise<number>;
  /**
   * Calls back when something may have been appended, by whomever, with how far the log goes by then where that is known; it
   * may be late, and may not come. Returns how to stop.
   */
  onMore(listener: (position?: number) => void): () => void;
  /** Whether that was seen to come: where it was not, whoever follows looks more often. */
  readonly tells: boolean;
}

/** What the first entry follows. */
export const LOG_START: LogPlace = { position: 0, hash: "0".repeat(64) };
