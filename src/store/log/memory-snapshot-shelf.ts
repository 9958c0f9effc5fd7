import { HandclaspError } from "../../errors.ts";
import {
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
  readonly #kept = new Map<string, Kept>();

  /** `now` gives milliseconds since the epoch. */
  constructor(now: () => number) {
    this.#now = now;
  }

  async begin(facts: SnapshotFacts): Promise<void> {
    const at = this.#now();
    for (const [id, { isFinished, facts: former, at: begun }] of this.#kept) {
      if (isFinished) continue;
      if (former.madeBy === facts.madeBy || begun < at - UNFINISHED_KEPT_MS) this.#kept.delete(id);
    }
    if (this.#kept.size >= MOST_SNAPSHOTS) throw unwritten(`there are ${MOST_SNAPSHOTS} already`);
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

  #unfinished(id: string): Kept {
    const kept = this.#kept.get(id);
    if (kept === undefined || kept.isFinished) throw unwritten("it was not begun, or is finished");
    return kept;
  }
}

function unwritten(problem: string): HandclaspError {
  return new HandclaspError("ERR_HANDCLASP_STORE_WRITE", `cannot write a snapshot: ${problem}`);
}
