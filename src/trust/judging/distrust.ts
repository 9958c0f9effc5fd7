import { isSetAside } from "./is-set-aside.ts";
import type { KeyRecord } from "../records/key-record.ts";

/** How a key lost what connections had by it: the trust in it, its time, or its place in a listener's list. */
export type Fall = "revoked" | "ignored" | "retired" | "set-aside" | "forgotten" | "expired" | "not-allowed";

/** Why a key is not trusted. Who was never met, or forgotten, is `forgotten`. */
export type Distrust = Fall | "pending" | "store-unavailable";

/** Why a key is not trusted at `now`, in milliseconds since the epoch; undefined when it is. */
export function distrustOf(key: KeyRecord | undefined, now: number): Distrust | undefined {
  if (key === undefined) return "forgotten";
  if (isSetAside(key)) return "set-aside";
  if (key.state !== "trusted") return key.state;
  return key.expires !== null && now >= key.expires ? "expired" : undefined;
}
