import { HandclaspError } from "../../errors.ts";
import {
  COUNTING_STAY,
  counts,
  MOST_BASES,
  MOST_PART_BYTES,
  MOST_PARTS,
  MOST_SNAPSHOTS,
  MOST_UNFINISHED,
  type Snapshot,
  type SnapshotFacts,
  type SnapshotShelf,
  type SnapshotWord,
  STANDS_STILL_MS,
  UNFINISHED_KEPT_MS,
} from "../../trust/port/snapshot-shelf.ts";

interface Kept {
  readonly facts: SnapshotFacts;
  readonly at: number;
  readonly parts: Uint8Array[];
  readonly words: SnapshotWord[];
  isFinished: boolean;
  isKept: boolean;
  /** When something was added to it. */
  movedAt: number;
}

/** A shelf that lasts as long as the process: for tests, and for simulations of many nodes in one. */
export class MemorySnapshotShelf implements SnapshotShelf {
  readonly #now: () => number;
  readonly #kept = new Map<string, Kept>();

  /** `now` gives milliseconds since the epoch. */
  constructor(now: () => number) {
    this.#now = now;
  }

  async begin(facts: SnapshotFacts): Promise<void> {
    const at = this.#now();
    const unfinished = [...this.#kept.values()].filter(({ isFinished }) => !isFinished);
    const given = unfinished.filter(
      (one) => one.movedAt < at - STANDS_STILL_MS || one.at < at - UNFINISHED_KEPT_MS,
    );
    for (const one of given) this.#kept.delete(one.facts.id);
    if (unfinished.length - given.length >= MOST_UNFINISHED)
      throw unwritten(`${MOST_UNFINISHED} others are being made`);
    for (const id of this.#surplus()) this.#kept.delete(id);
    const kept = { facts, at, movedAt: at, parts: [], words: [], isFinished: false, isKept: false };
    this.#kept.set(facts.id, kept);
  }

  async put(id: string, part: number, bytes: Uint8Array): Promise<void> {
    const unfinished = this.#unfinished(id);
    const { parts } = unfinished;
    if (part !== parts.length || part >= MOST_PARTS) throw unwritten(`part ${part} is not the next one`);
    if (bytes.byteLength > MOST_PART_BYTES)
      throw unwritten(`a part has ${MOST_PART_BYTES} bytes at the most`);
    parts.push(Uint8Array.from(bytes));
    unfinished.movedAt = this.#now();
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
      .map(({ facts, at, parts, words, isKept }) => ({
        ...facts,
        at,
        kept: isKept,
        parts: parts.length,
        bytes: parts.reduce((all, { byteLength }) => all + byteLength, 0),
        words: [...words],
      }))
      .toSorted((a, b) => b.place.position - a.place.position || b.at - a.at);
  }

  async part(id: string, part: number): Promise<Uint8Array> {
    const kept = this.#kept.get(id);
    const bytes = kept?.isFinished === true ? kept.parts[part] : undefined;
    if (bytes !== undefined) return bytes.slice();
    throw new HandclaspError("ERR_HANDCLASP_STORE_READ", `the snapshot ${id} has no part ${part}`);
  }

  async keep(ids: readonly string[]): Promise<void> {
    if (ids.some((id) => this.#kept.get(id)?.isFinished !== true)) throw unwritten("it is not there");
    for (const [id, kept] of this.#kept) kept.isKept = ids.includes(id);
  }

  async drop(id: string): Promise<void> {
    this.#kept.delete(id);
  }

  /** Those that go for one more. */
  #surplus(): readonly string[] {
    const newest = [...this.#kept.values()].filter((one) => one.isFinished && !one.isKept).toReversed();
    const bases = newest.filter(({ facts }) => facts.place.position === 0).slice(-MOST_BASES);
    const counting = newest
      .filter(({ facts, words }) => counts({ ...facts, words, kept: false }))
      .slice(0, COUNTING_STAY);
    return [...new Set([...bases, ...counting, ...newest])]
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
