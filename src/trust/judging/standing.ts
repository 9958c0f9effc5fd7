import type { KeyRecord } from "../records/key-record.ts";
import { type Distrust, distrustOf } from "./distrust.ts";

/** How a key stands at one moment. */
export interface Standing {
  /** Why it is not trusted; undefined when it is. */
  readonly distrust: Distrust | undefined;
  /** When the trust in it ends, in milliseconds since the epoch; null when it does not. */
  readonly until: number | null;
  /** The peer that it speaks for; undefined when it speaks for none, or the store cannot tell. */
  readonly peer: string | undefined;
}

/** How a key stands that the store cannot be asked for. */
export const UNKNOWABLE: Standing = { distrust: "store-unavailable", until: null, peer: undefined };

/** `now` in milliseconds since the epoch. */
export function standingOf(key: KeyRecord | undefined, now: number): Standing {
  return { distrust: distrustOf(key, now), until: key?.expires ?? null, peer: key?.peer ?? undefined };
}
