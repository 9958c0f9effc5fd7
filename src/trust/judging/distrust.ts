import type { KeyRecord } from "../records/key-record.ts";
import { objectionTo } from "./objection.ts";

/** How a key lost what connections had by it: the trust in it, its time, or its place in a listener's list. */
export type Fall = "revoked" | "ignored" | "retired" | "set-aside" | "forgotten" | "expired" | "not-allowed";

/** Why a key is not trusted. Who was never met, or forgotten, is `forgotten`. */
export type Distrust = Fall | "pending" | "store-unavailable";

/** Why a key is not trusted at `now`, in milliseconds since the epoch; undefined when it is. */
export function distrustOf(key: KeyRecord | undefined, now: number): Distrust | undefined {
  if (key === undefined) return "forgotten";
  return objectionTo(key, now) ?? (key.state === "pending" ? "pending" : undefined);
}
