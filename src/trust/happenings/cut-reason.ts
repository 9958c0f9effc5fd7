import type { Distrust } from "../judging/distrust.ts";

/** Why an open connection was ended. What each means, `docs/reference/events.md` says. */
export type CutReason = (typeof CUT_REASONS)[number];
export const CUT_REASONS = [
  "revoked",
  "ignored",
  "retired",
  "set-aside",
  "forgotten",
  "approval-ended",
  "not-allowed",
  "renamed",
  "store-unavailable",
  "too-old",
  "idle",
  "closed",
] as const;

/** Those that say nothing about the client: its connection was over. */
export const ROUTINE_CUTS: ReadonlySet<string> = new Set<CutReason>(["too-old", "idle", "closed"]);

/** Whether a connection was cut for what became of the trust in its client. */
export function isOfTrust(reason: CutReason): boolean {
  return !ROUTINE_CUTS.has(reason);
}

/** A key that was trusted waits for review again only after it was forgotten. */
export function toCutReason(distrust: Distrust): CutReason {
  if (distrust === "pending") return "forgotten";
  return distrust === "expired" ? "approval-ended" : distrust;
}
