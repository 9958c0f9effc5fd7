import type { DatabaseSync } from "node:sqlite";
import { HandclaspError } from "../../errors.ts";
import type { LogPlace } from "../../trust/port/change-log.ts";
import type { Cluster } from "../../trust/port/cluster.ts";
import { hasNothing } from "../../trust/port/node-roster.ts";
import { counts, type Snapshot, type SnapshotFacts } from "../../trust/port/snapshot-shelf.ts";
import { snapshotParts } from "../sqlite/snapshot/snapshot-parts.ts";
import { ReplicaReader } from "./replica-reader.ts";
import { type Runtime, SYSTEM } from "./runtime.ts";
import type { OpenScratch } from "./scratch.ts";
import { isPlaced, startFromSnapshot } from "./start-from-snapshot.ts";

/** How many changes are carried out in one transaction. */
const AT_ONCE = 1000;
/** How long other machines are waited for, and how often they are asked. */
const OTHERS_MS = 4000;
const BETWEEN_MS = 250;

interface MakeOptions {
  readonly cluster: Cluster;
  /** A connection to the replica for this alone: it is in a transaction while parts are sent. */
  readonly database: DatabaseSync;
  /** The node whose replica it is: a UUID. */
  readonly node: string;
  /** Where the log is to go on from it; default where the replica is. */
  readonly place?: LogPlace;
  /** Default the system's. */
  readonly runtime?: Runtime;
}

/** Puts what a replica is now on the shelf; it does not count by that alone. */
export async function makeSnapshot({
  cluster: { snapshots },
  database,
  node,
  runtime = SYSTEM,
  ...options
}: MakeOptions): Promise<SnapshotFacts> {
  database.exec("BEGIN");
  try {
    const { head, digest, ...standing } = new ReplicaReader(database).standing();
    const { place = standing.place } = options;
    const facts = { id: runtime.newId(), place, head, digest, madeBy: node };
    await snapshots.begin(facts);
    let part = 0;
    let sent = Promise.resolve();
    for (const bytes of snapshotParts(database)) {
      await sent;
      // The next one is made meanwhile.
      sent = snapshots.put(facts.id, part++, bytes);
      sent.catch(() => undefined);
    }
    await sent;
    await snapshots.finish(facts.id);
    await snapshots.confirm(facts.id, { node, way: "follows", digest });
    return facts;
  } finally {
    database.exec("COMMIT");
  }
}

interface ConfirmOptions {
  readonly cluster: Cluster;
  /** Who carries the log out anew, where no other machine stands where the snapshot is: a UUID. */
  readonly node: string;
  readonly openScratch: OpenScratch;
  readonly runtime?: Runtime;
}

/**
 * Has a snapshot count: another machine that stands at its place says what it came to; where none does, the log is carried
 * out anew. Throws ERR_HANDCLASP_AUDIT when that comes to something else.
 */
export async function confirmSnapshot(
  { id, place, digest, madeBy }: SnapshotFacts,
  { cluster, node, openScratch, runtime = SYSTEM }: ConfirmOptions,
): Promise<Snapshot> {
  const { nodes, snapshots } = cluster;
  const until = runtime.elapsed() + OTHERS_MS;
  for (;;) {
    for (const other of await nodes.nodes()) {
      if (other.id === madeBy || other.position !== place.position) continue;
      if (other.digest === "" || hasNothing(other)) continue;
      await snapshots.confirm(id, { node: other.id, way: "follows", digest: other.digest });
    }
    const made = (await snapshots.list()).find((one) => one.id === id);
    if (made === undefined) throw gone(id);
    if (counts(made)) return made;
    if (made.words.some((word) => word.digest !== digest)) throw unequal(made);
    if (runtime.elapsed() >= until) break;
    await new Promise<void>((resolve) => void runtime.after(BETWEEN_MS, resolve));
  }
  const anew = await carryOutAnew({ cluster, openScratch }, place.position);
  await snapshots.confirm(id, { node, way: "anew", digest: anew });
  const made = (await snapshots.list()).find((one) => one.id === id);
  if (made === undefined) throw gone(id);
  if (!counts(made)) throw unequal(made);
  return made;
}

/** What the log leads to up to a position, from its beginning or the last snapshot before that counts: its digest. */
async function carryOutAnew(
  { cluster, openScratch }: Pick<ConfirmOptions, "cluster" | "openScratch">,
  position: number,
): Promise<string> {
  const scratch = openScratch();
  if (scratch === undefined) throw busy();
  try {
    const { database, channel } = scratch;
    const reader = new ReplicaReader(database);
    if (!isPlaced(database)) await startFromSnapshot({ cluster, database, channel, before: position });
    for (let place = reader.place(); place.position < position; place = reader.place()) {
      const { follows, entries } = await cluster.log.read(place, AT_ONCE);
      const some = entries.filter((entry) => entry.position <= position);
      if (!follows || some.length === 0) throw cut(place.position);
      await channel.write({ kind: "entries", entries: some });
    }
    return reader.standing().digest;
  } finally {
    await scratch.close();
  }
}

function gone(id: string): HandclaspError {
  return new HandclaspError("ERR_HANDCLASP_STORE_READ", `the snapshot ${id} is gone`);
}

function busy(): HandclaspError {
  return new HandclaspError(
    "ERR_HANDCLASP_STORE_WRITE",
    "another process is carrying out the log anew on this machine",
    { hint: "try again when it is done" },
  );
}

function cut(position: number): HandclaspError {
  return new HandclaspError(
    "ERR_HANDCLASP_STORE_READ",
    `the log does not go on from ${position}: it was cut, and no snapshot counts that it goes on from`,
  );
}

function unequal({ id, place, words }: Snapshot): HandclaspError {
  const said = words.map(({ node, way, digest }) => `\n  ${node} (${way}): ${digest}`).join("");
  return new HandclaspError(
    "ERR_HANDCLASP_AUDIT",
    `the snapshot ${id} of change ${place.position} is not what everybody came to:${said}`,
    { hint: "one of these machines has another trust: check the store of each" },
  );
}
