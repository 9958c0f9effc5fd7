import { HandclaspError } from "../errors.ts";
import { LOG_START } from "../trust/port/change-log.ts";
import type { Cluster } from "../trust/port/cluster.ts";
import { counts, type Snapshot } from "../trust/port/snapshot-shelf.ts";

/** The one that has this id, or the only one whose id begins so. Throws ERR_HANDCLASP_NOT_FOUND and ERR_HANDCLASP_AMBIGUOUS. */
export async function snapshotMeant(
  { snapshots }: Pick<Cluster, "snapshots">,
  id: string,
): Promise<Snapshot> {
  const found = (await snapshots.list()).filter((one) => id !== "" && one.id.startsWith(id.toLowerCase()));
  const [snapshot] = found;
  if (snapshot !== undefined && found.length === 1) return snapshot;
  if (snapshot !== undefined)
    throw new HandclaspError("ERR_HANDCLASP_AMBIGUOUS", `${found.length} snapshots begin with "${id}"`);
  throw new HandclaspError("ERR_HANDCLASP_NOT_FOUND", `no snapshot "${id}"`, {
    hint: "look at those there are",
    remedies: [{ act: "list-snapshots", at: "server" }],
  });
}

/** Whether the log goes on from a snapshot, and from none that there is beside it: new machines would have nothing to begin with. */
export async function isNeeded(
  { log, snapshots }: Pick<Cluster, "log" | "snapshots">,
  snapshot: Snapshot,
): Promise<boolean> {
  const { follows: isWhole } = await log.read(LOG_START, 1);
  const isBase = async ({ place }: Snapshot): Promise<boolean> =>
    isWhole ? place.position === 0 : (await log.read(place, 1)).follows;
  if (!(await isBase(snapshot))) return false;
  for (const other of await snapshots.list()) {
    if (other.id !== snapshot.id && counts(other) && (await isBase(other))) return false;
  }
  // What a log begins with is waited for, whether or not it counts: without it, the log would lead to something else.
  return snapshot.place.position === 0 || counts(snapshot);
}
