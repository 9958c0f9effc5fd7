import { toKeyId } from "../trust/naming/key-id.ts";
import type { KeyPin } from "../trust/records/key-record.ts";
import { type TokenRecord, type TokenState, tokenState } from "../trust/records/token-record.ts";
import { toIsoTime } from "./iso-time.ts";

/** A token as programs get it; nothing in it lets anybody in. */
export interface TokenJson {
  readonly id: string;
  readonly peer: string;
  readonly state: TokenState;
  readonly expires: string | null;
  readonly from: string | null;
  readonly replace: boolean;
  /** The groups that its client comes into. */
  readonly groups: readonly string[];
  readonly serverPin: KeyPin;
  readonly createdAt: string | null;
  readonly usedAt: string | null;
  readonly usedBy: KeyPin | null;
  readonly usedByKeyId: string | null;
  readonly cancelledAt: string | null;
}

/** A token of the store as it is at `now`, milliseconds since the epoch. */
export function toListedToken(token: TokenRecord, now: number): TokenJson {
  const { id, peer, from, replace, groups, serverPin, createdAt, expires, usedAt, usedBy, cancelledAt } =
    token;
  return {
    id,
    peer,
    state: tokenState(token, now),
    expires: toIsoTime(expires),
    from,
    replace,
    groups: groups.map(({ name }) => name),
    serverPin,
    createdAt: toIsoTime(createdAt),
    usedAt: toIsoTime(usedAt),
    usedBy,
    usedByKeyId: usedBy === null ? null : toKeyId(usedBy),
    cancelledAt: toIsoTime(cancelledAt),
  };
}
