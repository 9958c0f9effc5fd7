import type { KeyRecord } from "../records/key-record.ts";

/**
 * Whether a key is one that a stranger brought and nobody decided about: it ends by itself, may be dropped for others, and
 * what is decided does not depend on it.
 */
export function isWaiting({ state, expires, note }: Pick<KeyRecord, "state" | "expires" | "note">): boolean {
  return state === "pending" && expires !== null && note === null;
}
