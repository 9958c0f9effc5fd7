import { HandclaspError } from "../errors.ts";
import type { Cluster } from "../trust/port/cluster.ts";
import type { KnownNode } from "../trust/port/node-roster.ts";
import type { Snapshot } from "../trust/port/snapshot-shelf.ts";
import { confirmSnapshot, makeSnapshot } from "./replica/make-snapshot.ts";
import { ReplicaReader } from "./replica/replica-reader.ts";
import { openScratchBeside } from "./replica/scratch.ts";
import { connect } from "./sqlite/file/sqlite-file.ts";
import { realStorePath } from "./sqlite/file/real-store-path.ts";

interface Replica {
  /** The file of this machine's replica, which has all that the log has. */
  readonly file: string;
  /** Whose it is: a UUID. */
  readonly node: string;
}

/** Puts what this machine's replica has on the shelf, and has it count. Throws ERR_HANDCLASP_AUDIT where it does not. */
export async function takeSnapshot(cluster: Cluster, { file, node }: Replica): Promise<Snapshot> {
  const real = realStorePath(file);
  const database = connect(real);
  try {
    if (new ReplicaReader(database).place().position === 0) throw nothingYet();
    const facts = await makeSnapshot({ cluster, database, node });
    return await confirmSnapshot(facts, { cluster, node, openScratch: () => openScratchBeside(real) });
  } finally {
    database.close();
  }
}

/** New machines would begin with it, and have nothing that they did not have without. */
function nothingYet(): HandclaspError {
  return new HandclaspError(
    "ERR_HANDCLASP_STATE",
    "the log has no change yet: there is nothing to make a snapshot of",
  );
}

interface CompactOptions {
  /** How many snapshots. */
  readonly keep: number;
  readonly leaveBehind: boolean;
  /** A UUID: the machine whose replica was just brought as far as the log. */
  readonly here?: string;
  /** The snapshot that was made for this, of what this machine came to: its id. */
  readonly made?: string;
  /** The position of one that would be made, where none was. */
  readonly wouldMakeAt?: number;
}

/** What is to be cut off. */
export interface CompactPlan {
  /** The log begins there. */
  readonly before: number;
  /** Snapshots that are not kept. */
  readonly dropped: readonly Snapshot[];
  /** The newest that who cuts the log came to: it is cut by these. */
  readonly kept: readonly Snapshot[];
  /** Snapshots that stay besides. */
  readonly others: readonly Snapshot[];
  /** Machines that would have to begin with a snapshot. */
  readonly leftBehind: readonly KnownNode[];
  /** Machines that have still to carry out what could be cut off but for them. */
  readonly heldBy: readonly KnownNode[];
}

/**
 * Where the log can be cut: where the oldest of the newest so many snapshots is of that who cuts it came to, now or when it was
 * cut before, whatever machines say of others; and not above what a machine has still to carry out, unless those may be left behind, or were before. `here` has what is in the snapshots, whatever it said last.
 */
export async function planCompact(
  { log, nodes, snapshots }: Cluster,
  { keep, leaveBehind, here, made, wouldMakeAt }: CompactOptions,
): Promise<CompactPlan> {
  const all = await snapshots.list();
  const kept: Snapshot[] = [];
  for (const snapshot of all) {
    if (kept.length === keep - (wouldMakeAt === undefined ? 0 : 1)) break;
    if (snapshot.id !== made && !snapshot.kept) continue;
    // Nobody could go on from one that the log does not have the place of.
    if ((await log.read(snapshot.place, 1)).follows) kept.push(snapshot);
  }
  const oldest = kept.at(-1)?.place.position ?? wouldMakeAt ?? 0;
  const machines = (await nodes.nodes()).filter(({ id }) => id !== here);
  const first = await log.begins();
  // Whoever was left behind begins with a snapshot, however much is kept; who has nothing may be doing so.
  const waited = machines.filter(({ position }) => position === 0 || position >= first);
  const behind = Math.min(oldest, ...waited.map(({ position }) => position));
  const before = Math.max(first, leaveBehind ? oldest : behind);
  const besides = all.filter((one) => !kept.includes(one));
  // What a whole log begins with is before its first change, as is whoever has carried out nothing yet.
  const stays = ({ place }: Snapshot): boolean => place.position >= before || before === 1;
  return {
    before,
    kept,
    others: besides.filter(stays),
    dropped: besides.filter((one) => !stays(one)),
    leftBehind: machines.filter(({ position }) => position < before && before > 1),
    heldBy: leaveBehind ? [] : waited.filter(({ position }) => position < oldest),
  };
}

/** Resolves where this role may cut the log. Throws ERR_HANDCLASP_STORE_WRITE, with who may. */
export async function mustCut({ log }: Pick<Cluster, "log">): Promise<void> {
  // Nothing is before the first change.
  await log.cutBefore(1);
}

/** Cuts the log, then takes away the snapshots that nobody can start from any more. Says how many changes are gone. */
export async function compactLog(
  { log, snapshots }: Cluster,
  { before, dropped, kept }: CompactPlan,
): Promise<number> {
  // Nobody but who owns the shelf takes them away from now on, or has them count no more: without them, nothing would lead to
  // what comes after the cut.
  if (kept.length > 0) await snapshots.keep(kept.map(({ id }) => id));
  const gone = before > 1 ? await log.cutBefore(before) : 0;
  for (const { id } of dropped) await snapshots.drop(id);
  return gone;
}
