import type { KeyPin } from "./key-record.ts";

/** A group with its name folded: nothing works that out again. */
export interface TokenGroup {
  readonly name: string;
  readonly nameKey: string;
}

/** A token has no more groups. */
export const MOST_TOKEN_GROUPS = 16;

/** What the store keeps of a join token. Times are milliseconds since the epoch. */
export interface TokenRecord {
  /** 16 bytes, lower-case hex. */
  readonly id: string;
  /** Ed25519, 32 bytes; the private half is in the token alone. */
  readonly publicKey: Uint8Array;
  /** The name that its client will have, whatever the client claims. */
  readonly peer: string;
  /** That name, folded. */
  readonly nameKey: string;
  /** The server's key when the token was made. */
  readonly serverPin: KeyPin;
  /** The network the client must come from (CIDR); null for any. */
  readonly from: string | null;
  /** A trusted key of that name is retired when the token is used. */
  readonly replace: boolean;
  /** The groups that its client comes into as it joins, each once. */
  readonly groups: readonly TokenGroup[];
  readonly createdAt: number;
  readonly expires: number;
  readonly usedAt: number | null;
  readonly usedBy: KeyPin | null;
  readonly cancelledAt: number | null;
}

/** How long a token that ended is still told apart from one that never was. */
export const ENDED_KEPT_MS: number = 30 * 24 * 3600 * 1000;

/** Why a join token was not taken; the client is told `access_denied` whichever it is. */
export type TokenProblem =
  | "unknown-token"
  | "token-cancelled"
  | "token-used"
  | "token-expired"
  | "wrong-address"
  | "wrong-server"
  | "bad-proof"
  | "name-taken"
  /** A listener's list would not let in whom it makes: it stays unused. */
  | "not-listed";

/** Where a token is in its life. */
export type TokenState = "open" | "used" | "expired" | "cancelled";

export function tokenState(token: TokenRecord, now: number): TokenState {
  if (token.usedAt !== null) return "used";
  if (token.cancelledAt !== null) return "cancelled";
  return now >= token.expires ? "expired" : "open";
}
