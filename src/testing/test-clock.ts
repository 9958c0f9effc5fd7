import { HandclaspError } from "../errors.ts";

/** A clock that stands still until it is moved. `now` can be handed on by itself: `{ now: clock.now }`. */
export interface TestClock {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Moves it on, or back with less than 0, by milliseconds; whoever follows it has acted when this returns. */
  advance(ms: number): void;
  /** Calls back after it was moved. Returns how to stop. */
  onMove(listener: () => void): () => void;
}

/** Makes a clock that shows `start`, in milliseconds since the epoch; default the moment of the call. */
export function testClock(start: number = Date.now()): TestClock {
  let shown = moment(start);
  const listeners = new Set<() => void>();
  return {
    now: () => shown,
    advance(ms) {
      shown = moment(shown + ms);
      for (const listener of listeners) listener();
    },
    onMove(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

/** No clock shows what no `Date` can be. */
function moment(ms: number): number {
  if (!Number.isNaN(new Date(ms).getTime())) return ms;
  throw new HandclaspError("ERR_HANDCLASP_OPTION", `a clock cannot show ${ms}`);
}
