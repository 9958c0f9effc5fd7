import type { IgnoredTelling, Replication } from "../../trust/port/replication.ts";
import { RULES } from "../../trust/rules.ts";
import type { Contact } from "./contact.ts";
import type { NodeSelf } from "./node-self.ts";
import type { ReplicaReader } from "./replica-reader.ts";

interface Stand {
  readonly self: NodeSelf;
  readonly contact: Contact;
  readonly replica: ReplicaReader;
  /** Whether the log says when there is more. */
  readonly tells: boolean;
  readonly ignored?: IgnoredTelling | undefined;
}

/** How far a machine is. */
export function toReplication({ self, contact, replica, tells, ignored }: Stand): Replication {
  const { upToDateAt, behind, isStale, maxStalenessMs, away, isStandby, heldBy } = contact;
  const standing = replica.standing();
  return {
    node: { id: self.id, name: self.name },
    position: standing.place.position,
    head: standing.head,
    digest: standing.digest,
    upToDateAt,
    behind,
    isStale,
    maxStalenessMs,
    // It was reached, when that is what is wrong.
    database:
      (away === undefined && heldBy === undefined) || contact.rules > RULES
        ? "reached"
        : isStandby
          ? "behind a standby"
          : "away",
    notifications: tells,
    rules: { own: RULES, cluster: contact.rules },
    branch: replica.branch(),
    later: replica.laterCount(),
    unequal: self.standings.unequal,
    ...(heldBy !== undefined && { heldBy }),
    ...(contact.unusable !== undefined && { unusable: contact.unusable.message }),
    ...(self.isDoubled && { isDoubled: true }),
    ...(contact.brokenLog !== undefined && { brokenLog: contact.brokenLog }),
    ...(ignored !== undefined && { ignored }),
    ...(contact.refused.last !== undefined && { refusedSnapshot: contact.refused.last }),
    ...(contact.starting !== undefined && { starting: contact.starting }),
  };
}
