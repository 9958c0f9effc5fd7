import { HandclaspError } from "../../errors.ts";
import { LOG_START, type LogPlace } from "../../trust/port/change-log.ts";
import {
  counts,
  MOST_BASES,
  MOST_PART_BYTES,
  MOST_PARTS,
  MOST_SNAPSHOTS,
  type Snapshot,
  type SnapshotFacts,
  type SnapshotShelf,
  type SnapshotWord,
  UNFINISHED_KEPT_MS,
} from "../../trust/port/snapshot-shelf.ts";

interface Kept {
  readonly facts: SnapshotFacts;
  readonly at: number;
  readonly parts: Uint8Array[];
  readonly words: SnapshotWord[];
  isFinished: boolean;
}

/** A shelf that lasts as long as the process: for tests, and for simulations of many nodes in one. */
export class MemorySnapshotShelf implements SnapshotShelf {
  readonly #now: () => number;
  readonly #first: () => LogPlace;
  readonly #kept = new Map<string, Kept>();

  /** `now` gives milliseconds since the epoch; `first` the place that the log begins with. */
  constructor(now: () => number, first: () => LogPlace = () => LOG_START) {
    this.#now = now;
    this.#first = first;
  }

  async begin(facts: SnapshotFacts): Promise<void> {
    const at = this.#now();
    for (const [id, { isFinished, facts: former, at: begun }] of this.#kept) {
      if (isFinished) continue;
      if (former.madeBy === facts.madeBy || begun < at - UNFINISHED_KEPT_MS) this.#kept.delete(id);
    }
    for (const id of this.#surplus()) this.#kept.delete(id);
    this.#kept.set(facts.id, { facts, at, parts: [], words: [], isFinished: false });
  }

  async put(id: string, part: number, bytes: Uint8Array): Promise<void> {
    const { parts } = this.#unfinished(id);
    if (part !== parts.length || part >= MOST_PARTS) throw unwritten(`part ${part} is not the next one`);
    if (bytes.byteLength > MOST_PART_BYTES)
      throw unwritten(`a part has ${MOST_PART_BYTES} bytes at the most`);
    parts.push(Uint8Array.from(bytes));
  }

  async finish(id: string): Promise<void> {
    this.#unfinished(id).isFinished = true;
  }

  async confirm(id: string, word: SnapshotWord): Promise<void> {
    const kept = this.#kept.get(id);
    if (kept?.isFinished !== true) throw unwritten("it is not there");
    const at = kept.words.findIndex(({ node, way }) => node === word.node && way === word.way);
    kept.words.splice(at === -1 ? kept.words.length : at, 1, word);
  }

  async list(): Promise<readonly Snapshot[]> {
    return [...this.#kept.values()]
      .filter(({ isFinished }) => isFinished)
      .map(({ facts, at, parts, words }) => ({
        ...facts,
        at,
        parts: parts.length,
        bytes: parts.reduce((all, { byteLength }) => all + byteLength, 0),
        words: [...words],
      }))
      .toSorted((a, b) => b.place.position - a.place.position || b.at - a.at);
  }

  async part(id: string, part: number): Promise<Uint8Array> {
    const kept = this.#kept.get(id);
    const bytes = kept?.isFinished === true ? kept.parts[part] : undefined;
    if (bytes !== undefined) return bytes;
    throw new HandclaspError("ERR_HANDCLASP_STORE_READ", `the snapshot ${id} has no part ${part}`);
  }

  async drop(id: string): Promise<void> {
    this.#kept.delete(id);
  }

  /** Those that go for one more. */
  #surplus(): readonly string[] {
    const all = [...this.#kept.values()].toReversed();
    const counting = all.filter(({ isFinished, facts, words }) => isFinished && counts({ ...facts, words }));
    const isBase = ({ position, hash }: LogPlace): boolean =>
      position === 0 || (position === this.#first().position && hash === this.#first().hash);
    const finished = all.filter(({ isFinished }) => isFinished);
    const begins = finished.filter(({ facts: { place } }, at) => {
      const older = finished.slice(at + 1).filter(({ facts }) => facts.place.position === place.position);
      return isBase(place) && older.length < MOST_BASES;
    });
    return [...new Set([...begins, ...counting, ...all])]
      .slice(MOST_SNAPSHOTS - 1)
      .map(({ facts }) => facts.id);
  }

  #unfinished(id: string): Kept {
    const kept = this.#kept.get(id);
    if (kept === undefined || kept.isFinished) throw unwritten("it was not begun, or is finished");
    return kept;
  }
}

function unwritten(problem: string): HandclaspError {
  return new HandclaspError("ERR_HANDCLASP_STORE_WRITE", `cannot write a snapshot: ${problem}`);
}
