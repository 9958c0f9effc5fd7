import type { Standing } from "./judging/standing.ts";
import type { PeerGroups } from "./peer-groups.ts";
import type { KeyPin } from "./records/key-record.ts";
import type { Showing } from "./records/showing.ts";
import type { Claim, Settled, Verdict } from "./records/verdict.ts";
import type { Journal } from "./sightings/journal.ts";
import type { TrustChanges } from "./happenings/trust-changes.ts";

/** What whoever lets clients in needs of `Trust`. */
export interface TrustPort {
  readonly groups: PeerGroups;
  readonly journal: Journal;
  /** What one handshake means. Synchronous; what cannot be known is refused. */
  judge(showing: Showing): Verdict;
  /** Makes a claim durable. */
  settle(claim: Claim, showing: Showing): Promise<Settled>;
  /** How a key stands now. */
  standing(pin: KeyPin): Standing;
  /** Calls back with the keys whose trust changed. Returns how to stop. */
  onChange(listener: (changes: TrustChanges) => void): () => void;
}
