import { HandclaspError } from "../../errors.ts";
import {
  type Appender,
  type ChangeLog,
  LOG_START,
  type LogDraft,
  type LogEntry,
  type LogPlace,
  type LogRead,
  MOST_BYTES,
} from "../../trust/port/change-log.ts";
import { sealEntry } from "./seal-entry.ts";

/** A log that lasts as long as the process: for tests, and for simulations of many nodes in one. */
export class MemoryChangeLog implements ChangeLog {
  readonly tells: boolean = true;
  readonly #now: (draft: LogDraft) => number;
  readonly #entries: LogEntry[] = [];
  readonly #positions = new Map<string, number>();
  readonly #listeners = new Set<() => void>();
  /** How many entries were cut off before the first one. */
  #gone = 0;

  /** `now` gives milliseconds since the epoch for a change; it may go back. */
  constructor(now: (draft: LogDraft) => number) {
    this.#now = now;
  }

  async append(drafts: readonly LogDraft[], by: Appender): Promise<readonly number[]> {
    const tooLong = drafts.some(({ change }) => Buffer.byteLength(change) > MOST_BYTES);
    if (tooLong)
      throw new HandclaspError("ERR_HANDCLASP_STORE_WRITE", "cannot append to the log: a change is too long");
    const positions = drafts.map((draft) => this.#positions.get(draft.id) ?? this.#add(draft, by));
    for (const listener of this.#listeners) queueMicrotask(listener);
    return positions;
  }

  async read(after: LogPlace, most: number): Promise<LogRead> {
    const { position } = after;
    const follows = this.#placeAt(position)?.hash === after.hash;
    const from = position - this.#gone;
    const entries = follows ? this.#entries.slice(from, from + most) : [];
    return { follows, entries, head: this.#head, isPrimary: true };
  }

  /** Loses all after a position, as a database does whose standby was behind when it took over. */
  cut(position: number): void {
    for (const { id } of this.#entries.splice(position - this.#gone)) this.#positions.delete(id);
  }

  async cutBefore(position: number): Promise<number> {
    const many = Math.min(position - 1, this.#head.position - 1) - this.#gone;
    if (many <= 0) return 0;
    for (const { id } of this.#entries.splice(0, many)) this.#positions.delete(id);
    this.#gone += many;
    return many;
  }

  async begins(): Promise<number> {
    return this.#gone + 1;
  }

  onMore(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** The place of what it begins with by now. */
  get first(): LogPlace {
    const { position, hash } = this.#entries[0] ?? LOG_START;
    return { position, hash };
  }

  get #head(): LogPlace {
    const { position, hash } = this.#entries.at(-1) ?? LOG_START;
    return { position, hash };
  }

  #placeAt(position: number): LogPlace | undefined {
    if (position === 0) return this.#gone === 0 ? LOG_START : undefined;
    return this.#entries[position - 1 - this.#gone];
  }

  #add(draft: LogDraft, by: Appender): number {
    const last = Date.parse(this.#entries.at(-1)?.at ?? "") || 0;
    const at = new Date(Math.max(this.#now(draft), last)).toISOString();
    const entry = sealEntry(this.#head, draft, by, at);
    this.#entries.push(entry);
    this.#positions.set(draft.id, entry.position);
    return entry.position;
  }
}
