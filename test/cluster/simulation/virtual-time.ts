import { setImmediate as turn } from "node:timers/promises";

interface Due {
  readonly at: number;
  /** Of two in one moment, the one that was asked for first comes first. */
  readonly order: number;
  readonly call: () => void;
  isStopped: boolean;
}

/** Time that passes when somebody lets the next thing happen. */
export class VirtualTime {
  /** Milliseconds since it began. */
  elapsed = 0;
  /** A heap: whatever stands at n comes no later than what stands at 2n + 1 and 2n + 2. */
  readonly #heap: Due[] = [];
  #count = 0;

  /** Returns how to stop it. */
  after(ms: number, call: () => void): () => void {
    const due: Due = { at: this.elapsed + Math.max(0, ms), order: this.#count++, call, isStopped: false };
    this.#push(due);
    return () => {
      due.isStopped = true;
    };
  }

  every(ms: number, call: () => void): () => void {
    let stop: () => void;
    const again = (): void => {
      stop = this.after(ms, again);
      call();
    };
    stop = this.after(ms, again);
    return () => stop();
  }

  /** Lets the next thing happen, and all that follows from it at once. False when there is none. */
  async step(): Promise<boolean> {
    for (;;) {
      const due = this.#pop();
      if (due === undefined) return false;
      if (due.isStopped) continue;
      this.elapsed = due.at;
      due.call();
      // Nothing in a simulation waits for anything but this time and promises that are settled by it.
      await turn();
      return true;
    }
  }

  #push(due: Due): void {
    const heap = this.#heap;
    let at = heap.push(due) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const other = heap[above];
      if (other === undefined || isBefore(other, due)) break;
      heap[at] = other;
      at = above;
    }
    heap[at] = due;
  }

  #pop(): Due | undefined {
    const heap = this.#heap;
    const [first] = heap;
    const last = heap.pop();
    if (first === undefined || last === undefined || first === last) return first;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      let next = heap[below];
      if (next === undefined) break;
      const right = heap[below + 1];
      if (right !== undefined && isBefore(right, next)) {
        below += 1;
        next = right;
      }
      if (isBefore(last, next)) break;
      heap[at] = next;
      at = below;
    }
    heap[at] = last;
    return first;
  }
}

function isBefore(a: Due, b: Due): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
