import type { KeyRecord } from "../records/key-record.ts";

/**
 * Whether a key waits because an operator took the trust from it, or took back a decision about it: from then on operators
 * alone decide. What strangers bring always has an end, this has none.
 */
export function isSetAside({ state, expires }: Pick<KeyRecord, "state" | "expires">): boolean {
  return state === "pending" && expires === null;
}

/** Whether a key keeps others from its name: it is trusted, or an operator is to decide whether it is again. */
export function keepsItsName(key: Pick<KeyRecord, "state" | "expires">): boolean {
  return key.state === "trusted" || isSetAside(key);
}
