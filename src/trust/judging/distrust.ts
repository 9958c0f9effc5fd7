import { isSetAside } from "./is-set-aside.ts";
import type { KeyRecord } from "../records/key-record.ts";
import type { Fall } from "../trust-change.ts";

/** Why a key is not trusted. Who was never met, or forgotten, is `forgotten`. */
export type Distrust = Fall | "pending" | "store-unavailable";

/** Why a key is not trusted at `now`, in milliseconds since the epoch; undefined when it is. */
export function distrustOf(key: KeyRecord | undefined, now: number): Distrust | undefined {
  if (key === undefined) return "forgotten";
  if (isSetAside(key)) return "set-aside";
  if (key.state !== "trusted") return key.state;
  return key.expires !== null && now >= key.expires ? "expired" : undefined;
}
