import type { KeyRecord } from "../records/key-record.ts";
import { isSetAside } from "./is-set-aside.ts";

/** What was decided about a key, or that its time is over: nothing that it comes with outweighs it. */
export type Objection = "set-aside" | "revoked" | "ignored" | "retired" | "expired";

/**
 * What speaks against a key, whether a client has it, a server, or one who names a successor; undefined for one that is
 * trusted, and for one that merely waits. `now` in milliseconds since the epoch.
 */
export function objectionTo(key: KeyRecord, now: number): Objection | undefined {
  if (key.state === "trusted") return key.expires !== null && now >= key.expires ? "expired" : undefined;
  if (key.state !== "pending") return key.state;
  return isSetAside(key) ? "set-aside" : undefined;
}
