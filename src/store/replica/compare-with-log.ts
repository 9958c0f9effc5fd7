import { HandclaspError, reasonOf } from "../../errors.ts";
import { LOG_START } from "../../trust/port/change-log.ts";
import type { Cluster } from "../../trust/port/cluster.ts";
import { ReplicaReader } from "./replica-reader.ts";
import type { OpenScratch } from "./scratch.ts";
import { NONE_OF_CHANGES, startFromSnapshot } from "./start-from-snapshot.ts";

/** So near it is said where a replica and what the log leads to part. */
const AT_ONCE = 200;

interface CompareOptions {
  readonly cluster: Cluster;
  readonly replica: ReplicaReader;
  readonly openScratch: OpenScratch;
}

/**
 * Carries the log out anew as far as a replica is, and compares what both came to: in words what differs, and where. Empty
 * when nothing does. It begins where the log does; where that was cut, with a snapshot that counts. Throws ERR_HANDCLASP_STORE_*.
 */
export async function compareWithLog(options: CompareOptions): Promise<readonly string[]> {
  const { cluster, replica, openScratch } = options;
  const { place: end, head, digest } = replica.standing();
  const scratch = openScratch();
  if (scratch === undefined) throw busy();
  try {
    const { database, channel } = scratch;
    const hashAt = replica.database.prepare("SELECT hash FROM events WHERE sequence = ?");
    const anew = new ReplicaReader(database);
    // What this replica itself began with proves nothing, as long as the log says what led there.
    const { follows: isWhole } = await cluster.log.read(LOG_START, 1);
    const startBefore = (before: number): Promise<boolean> =>
      startFromSnapshot({ cluster, database, channel, before });
    const isBegun = await startBefore(isWhole ? NONE_OF_CHANGES : end.position);
    // It was cut right there: what the others came to is all that can be said of what led there.
    if (!isWhole && !isBegun && !(await startBefore(end.position + 1)) && end.position > 0)
      throw nothingToCompare();
    for (let at = anew.place(); at.position < end.position; at = anew.place()) {
      const { follows, entries } = await cluster.log.read(at, Math.min(AT_ONCE, end.position - at.position));
      if (!follows || entries.length === 0) return [`the log does not go on after change ${at.position}`];
      await channel.write({ kind: "entries", entries });
      const reached = anew.standing();
      const there = hashAt.get(reached.head.sequence)?.["hash"];
      if (reached.head.sequence === 0 || there === reached.head.hash) continue;
      return [
        `the chain here parts from what the log leads to between the changes ${at.position + 1} and ${reached.place.position}`,
      ];
    }
    return differences({ place: end, head, digest }, anew);
  } catch (error) {
    if (error instanceof HandclaspError && error.code === "ERR_HANDCLASP_AUDIT") return [reasonOf(error)];
    throw error;
  } finally {
    await scratch.close();
  }
}

function differences(here: ReturnType<ReplicaReader["standing"]>, anew: ReplicaReader): readonly string[] {
  const there = anew.standing();
  const { position } = here.place;
  if (there.place.hash !== here.place.hash) return [`change ${position} of the log is another one than here`];
  if (there.head.hash !== here.head.hash) {
    return [
      `the chain here ends with event ${here.head.sequence}, and what the log leads to up to change ${position} with event ${there.head.sequence}`,
    ];
  }
  if (there.digest === here.digest) return [];
  return [
    `what is decided here is not what the log leads to up to change ${position}: the digest here is ${here.digest}, and should be ${there.digest}`,
  ];
}

/** Nothing says that what is here is wrong. */
function nothingToCompare(): HandclaspError {
  return new HandclaspError(
    "ERR_HANDCLASP_STORE_READ",
    "the log was cut, and no snapshot that counts leads to where it begins: what is here cannot be compared with it",
    {
      hint: "in itself it is in order; have a snapshot made that counts, by a machine that has all of the log, and look at those there are",
      remedies: [{ act: "list-snapshots", at: "server" }],
    },
  );
}

function busy(): HandclaspError {
  return new HandclaspError(
    "ERR_HANDCLASP_STORE_READ",
    "another process is carrying out the log anew on this machine",
    { hint: "try again when it is done" },
  );
}
