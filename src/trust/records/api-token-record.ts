import type { Scope } from "./scope.ts";

/** What the store keeps of an API token: nothing that lets anybody in. Times are milliseconds since the epoch. */
export interface ApiTokenRecord {
  /** 16 bytes, lower-case hex. */
  readonly id: string;
  /** SHA-256 of the token's text, 64 lower-case hex digits. */
  readonly hash: string;
  /** Who acts with it, for events: no two that are open are called the same. */
  readonly name: string;
  /** That name, folded. */
  readonly nameKey: string;
  readonly scope: Scope;
  readonly createdAt: number;
  readonly expires: number;
  readonly cancelledAt: number | null;
}

/** Where an API token is in its life. */
export type ApiTokenState = "open" | "expired" | "cancelled";

export function apiTokenState(token: ApiTokenRecord, now: number): ApiTokenState {
  if (token.cancelledAt !== null) return "cancelled";
  return now >= token.expires ? "expired" : "open";
}
