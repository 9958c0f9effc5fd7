import { MemoryCluster } from "../../../src/store/log/memory-cluster.ts";
import { parseSettledChange } from "../../../src/store/log/settled-change.ts";
import {
  type Appender,
  LOG_START,
  type LogDraft,
  type LogEntry,
  type LogPlace,
} from "../../../src/trust/port/change-log.ts";

/** Where the log is, as those meet it that ask over a network. */
export class LogServer {
  readonly cluster: MemoryCluster;
  /** While it is away nobody reaches it, and what was on its way to it is lost. */
  isAway = false;
  /** Which database it is: what is on its way to one does not come to the next. */
  count = 0;
  readonly #onAppended: (entry: LogEntry) => void;
  #told: LogPlace = LOG_START;
  readonly #hashes: string[] = [LOG_START.hash];

  /** `now` is the clock of the log. */
  constructor(now: () => number, onAppended: (entry: LogEntry) => void) {
    this.cluster = new MemoryCluster({ now });
    this.#onAppended = onAppended;
  }

  get length(): number {
    return this.#told.position;
  }

  async append(drafts: readonly LogDraft[], by: Appender): Promise<readonly number[]> {
    for (const { change } of drafts) parseSettledChange(change);
    const positions = await this.cluster.log.append(drafts, by);
    await this.#tellWhatIsNew();
    return positions;
  }

  /** Another database takes over, which does not have what comes after a position. */
  async failOver(position: number): Promise<void> {
    this.count += 1;
    this.cluster.log.cut(position);
    this.#told = LOG_START;
    this.#hashes.length = 1;
    await this.#tellWhatIsNew();
  }

  /** Whether the log has a place, or what was carried out up to there is on a branch of it. */
  has({ position, hash }: LogPlace): boolean {
    return this.#hashes[position] === hash;
  }

  async #tellWhatIsNew(): Promise<void> {
    const { entries } = await this.cluster.log.read(this.#told, Number.MAX_SAFE_INTEGER);
    for (const entry of entries) {
      if (entry.position <= this.#told.position) continue;
      this.#told = entry;
      this.#hashes[entry.position] = entry.hash;
      this.#onAppended(entry);
    }
  }
}
