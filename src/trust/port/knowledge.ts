import type { FirstUseWindow } from "../records/first-use-window.ts";
import type { KeyPin, KeyRecord } from "../records/key-record.ts";
import type { TokenRecord } from "../records/token-record.ts";

/**
 * What a verdict needs to know. Synchronous, since it is asked on the path of every connection: what was acknowledged
 * anywhere is in it. Throws ERR_HANDCLASP_STORE_READ when it cannot be trusted; nothing is answered from a guess.
 */
export interface Knowledge {
  /** A key by its pin; undefined for a stranger's. */
  key(pin: KeyPin): KeyRecord | undefined;
  /** Keys bound to a folded name, whatever their state but pending: the longest known first. */
  keysOfName(nameKey: string): readonly KeyRecord[];
  /** Whether a key was ever forgotten. */
  isForgotten(pin: KeyPin): boolean;
  /** A join token by its id: 16 lower-case hex digits. */
  token(id: string): TokenRecord | undefined;
  /** The groups of a peer, by its folded name; as they were given, in the order of their folded names. */
  groupsOf(nameKey: string): readonly string[];
  /** Whether a peer is in a group; both names are folded. */
  isMember(groupKey: string, nameKey: string): boolean;
  /** The window of first use that was opened last, which may be past its end; null when none was, or it was closed. */
  firstUseWindow(): FirstUseWindow | null;
}
