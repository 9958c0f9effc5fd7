import type { RefusalDetail } from "../records/verdict.ts";

const MADE_UP: ReadonlySet<RefusalDetail> = new Set([
  "unknown-token",
  "endorsed-by-unknown",
  "bad-endorsement",
  "endorsed",
]);

/** Whether anybody can bring it about without a key or token of ours, or it is no failure: it leaves no event. */
export function isMadeUp(problem: RefusalDetail): boolean {
  return MADE_UP.has(problem);
}
