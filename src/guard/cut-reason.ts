import type { Distrust } from "../trust/judging/distrust.ts";
import type { Fall } from "../trust/judging/distrust.ts";

/** Why an open connection was ended. `closed`: its guard was closed, by a reload or at the end. */
export type CutReason = Fall | "renamed" | "store-unavailable" | "closed";

/** Those that come of trust, which are counted and told. */
export const CUT_REASONS: readonly Exclude<CutReason, "closed">[] = [
  "revoked",
  "ignored",
  "retired",
  "set-aside",
  "forgotten",
  "expired",
  "not-allowed",
  "renamed",
  "store-unavailable",
];

/** A key that was trusted waits for review again only after it was forgotten. */
export function toCutReason(distrust: Distrust): Exclude<CutReason, "closed"> {
  return distrust === "pending" ? "forgotten" : distrust;
}
