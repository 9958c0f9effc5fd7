import type { Standing } from "./judging/standing.ts";
import type { PeerGroups } from "./peer-groups.ts";
import type { KeyPin } from "./records/key-record.ts";
import type { Showing } from "./records/showing.ts";
import type { Claim, Settled, Verdict } from "./records/verdict.ts";
import type { Journal } from "./sightings/journal.ts";
import type { TrustChanges } from "./happenings/trust-changes.ts";

/** Where somebody comes from. To be asked only when that matters: an address may have to be looked up. */
export interface Whereabouts {
  /** Undefined when nobody can tell: that lies in no network. */
  readonly remoteAddress: string | undefined;
}

/** What whoever lets clients in needs of `Trust`. */
export interface TrustPort {
  readonly groups: PeerGroups;
  readonly journal: Journal;
  /** What one handshake means. Synchronous; what cannot be known is refused. */
  judge(showing: Showing): Verdict;
  /** Makes a claim durable. */
  settle(claim: Claim, showing: Showing): Promise<Settled>;
  /** Whether a client may come in that shows no certificate, where none is required. */
  letsInAnonymous(from: Whereabouts): boolean;
  /** How a key stands now, for who comes with it from somewhere; `without` is groups that do not count, folded. */
  standing(pin: KeyPin, from?: Whereabouts, without?: readonly string[]): Standing;
  /** Calls back with the keys whose trust changed, and whether everybody is to be judged anew. Returns how to stop. */
  onChange(listener: (changes: TrustChanges, isAll: boolean) => void): () => void;
}
