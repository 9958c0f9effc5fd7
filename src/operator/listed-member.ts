import type { ListedMember } from "../trust/port/roll.ts";
import { toIsoTime } from "./iso-time.ts";

/** A member of a group, as programs get it. */
export interface MemberJson {
  readonly group: string;
  readonly peer: string;
  readonly addedAt: string | null;
}

/** A member of the store's groups. */
export function toListedMember({ group, peer, addedAt }: ListedMember): MemberJson {
  return { group, peer, addedAt: toIsoTime(addedAt) };
}
