import type { Fall } from "../judging/distrust.ts";
import type { KeyPin } from "../records/key-record.ts";

/** What happened to one key since its listener was last told. What was lost is told even if it is back by now. */
export interface TrustChange {
  /** How it fell, the first time that it did; undefined when it did not. */
  readonly fell: Fall | undefined;
  /** The groups that its peer left, by folded name. */
  readonly leftGroups: readonly string[];
  /** The names that it does not speak for any more, or did not for a while, as they were written. */
  readonly formerNames: readonly string[];
}

export type TrustChanges = ReadonlyMap<KeyPin, TrustChange>;

/** For a key that is only to be looked at again. */
export const UNCHANGED: TrustChange = { fell: undefined, leftGroups: [], formerNames: [] };
