import type { Moment } from "./connection.ts";

/** Bytes of a stream that came before their turn. */
export interface HeldSegment {
  readonly at: number;
  readonly bytes: Uint8Array;
  /** Of the packet that brought it. */
  readonly when: Moment;
}

/** What an entry costs besides its bytes, roughly. */
const ENTRY_COST = 128;

/** Segments out of order, sorted, without overlap: whichever came first is kept. Bytes are copied. */
export class HeldSegments {
  #segments: HeldSegment[] = [];
  /** Where the segments begin: taking from the front moves this, and the array only now and then. */
  #head = 0;
  #cost = 0;

  get count(): number {
    return this.#segments.length - this.#head;
  }

  /** Bytes of memory, roughly. */
  get cost(): number {
    return this.#cost;
  }

  get first(): HeldSegment | undefined {
    return this.#segments[this.#head];
  }

  /** Behind the last byte. */
  get end(): number | undefined {
    const last = this.#segments.at(-1);
    return last === undefined ? undefined : last.at + last.bytes.length;
  }

  /** Keeps the parts of `bytes` that are not held yet. */
  add(at: number, bytes: Uint8Array, when: Moment): void {
    const end = at + bytes.length;
    const from = this.#indexBehind(at);
    const parts: HeldSegment[] = [];
    let reached = at;
    let index = from;
    for (; reached < end; index++) {
      const held = this.#segments[index];
      const until = Math.min(end, held?.at ?? end);
      if (until > reached) parts.push({ at: reached, bytes: bytes.slice(reached - at, until - at), when });
      if (held === undefined || held.at >= end) break;
      parts.push(held);
      reached = held.at + held.bytes.length;
    }
    const replaced = index - from;
    this.#cost += costOf(parts) - costOf(this.#segments.slice(from, index));
    const [only] = parts;
    if (from === this.#segments.length && only !== undefined) this.#segments.push(only);
    else this.#segments.splice(from, replaced, ...parts);
  }

  /** Takes the segments that follow each other from `at` on. */
  takeRun(at: number): readonly HeldSegment[] {
    let end = this.#head;
    let reached = at;
    for (; end < this.#segments.length; end++) {
      const held = this.#segments[end];
      if (held === undefined || held.at > reached) break;
      reached = held.at + held.bytes.length;
    }
    if (end === this.#head) return [];
    const run = this.#segments.slice(this.#head, end);
    this.#head = end;
    if (this.#head * 2 > this.#segments.length) {
      this.#segments.splice(0, this.#head);
      this.#head = 0;
    }
    this.#cost -= costOf(run);
    return run;
  }

  /** Forgets what lies before `at`. */
  dropBefore(at: number): void {
    const kept: HeldSegment[] = [];
    for (const { at: start, bytes, when } of this.#segments.slice(this.#head)) {
      const old = Math.max(0, at - start);
      if (old < bytes.length) kept.push({ at: start + old, bytes: bytes.subarray(old), when });
    }
    this.#segments = kept;
    this.#head = 0;
    this.#cost = costOf(kept);
  }

  /** The first segment that ends after `at`. */
  #indexBehind(at: number): number {
    let low = this.#head;
    let high = this.#segments.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const held = this.#segments[middle];
      if (held !== undefined && held.at + held.bytes.length <= at) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function costOf(segments: readonly HeldSegment[]): number {
  let cost = 0;
  for (const { bytes } of segments) cost += bytes.length + ENTRY_COST;
  return cost;
}
