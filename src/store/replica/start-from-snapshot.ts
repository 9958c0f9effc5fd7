import type { DatabaseSync } from "node:sqlite";
import { HandclaspError, isHandclaspError } from "../../errors.ts";
import { LOG_START } from "../../trust/port/change-log.ts";
import type { Cluster } from "../../trust/port/cluster.ts";
import { counts, type Snapshot } from "../../trust/port/snapshot-shelf.ts";
import type { Write } from "../sqlite/writing/sqlite-writer.ts";
import type { WriteChannel } from "../sqlite/writing/write-channel.ts";
import type { Contact } from "./contact.ts";
import { RefusedSnapshots } from "./refused-snapshots.ts";

interface StartOptions {
  readonly cluster: Pick<Cluster, "log" | "snapshots">;
  readonly database: DatabaseSync;
  /** Writes to it. */
  readonly channel: WriteChannel;
  /** Is told when what was read is being taken in. */
  readonly contact?: Contact | undefined;
  /** Those that are not to be tried, and takes those that are found to be so. */
  readonly refused?: RefusedSnapshots | undefined;
  /** When that was, in milliseconds since the epoch. */
  readonly now?: () => number;
  /** One that is before this position, and not after it, or the copy that the log begins with; default any. */
  readonly before?: number | undefined;
}

/**
 * Fills a replica that has nothing of the log from the furthest snapshot that counts, that the log has the place of, and that
 * is what it says: nothing is left of others, and the next one is tried. Says whether there is one. Several processes may do
 * so on one file. Throws ERR_HANDCLASP_STORE_*.
 */
export async function startFromSnapshot(options: StartOptions): Promise<boolean> {
  const { refused = new RefusedSnapshots(), now = Date.now, ...rest } = options;
  for (;;) {
    const snapshot = await furthest(rest, refused);
    await leaveOthers(rest, snapshot);
    if (snapshot === undefined) return false;
    try {
      await takeIn(rest, snapshot);
      return true;
    } catch (error) {
      // What could not be fetched, or written, is tried again later.
      if (!isUntrue(error)) throw error;
      refused.add(snapshot, error, now());
      if (rest.contact !== undefined) rest.contact.starting = undefined;
      await rest.channel.write({ kind: "snapshot-drop", snapshot });
    }
  }
}

async function furthest(
  { cluster, before = Infinity }: StartOptions,
  refused: RefusedSnapshots,
): Promise<Snapshot | undefined> {
  const all = await cluster.snapshots.list();
  for (const snapshot of all) {
    const { place } = snapshot;
    if ((place.position > 0 && place.position >= before) || !counts(snapshot) || refused.has(snapshot))
      continue;
    if (place.position === 0 ? place.hash === LOG_START.hash : (await cluster.log.read(place, 1)).follows) {
      return snapshot;
    }
  }
  // The log goes on from what it says: without it, it leads to nothing.
  if (all.some(({ place }) => place.position === 0)) throw unconfirmed();
  return undefined;
}

/** What another process began to take in, or this one did before, and is not taken any more. */
async function leaveOthers({ database, channel }: StartOptions, chosen: Snapshot | undefined): Promise<void> {
  const under = loading(database);
  if (under === undefined || under.id === chosen?.id) return;
  await channel.write({ kind: "snapshot-drop", snapshot: { id: under.id } });
}

function isUntrue(error: unknown): boolean {
  return isHandclaspError(error, "ERR_HANDCLASP_AUDIT") || isHandclaspError(error, "ERR_HANDCLASP_MALFORMED");
}

/** How many parts are on their way to be written: the next is there when one is. */
const WRITTEN_AHEAD = 2;

async function takeIn(options: StartOptions, snapshot: Snapshot): Promise<void> {
  const { database, contact, channel } = options;
  const { id, parts } = snapshot;
  const show = (part: number): void => {
    if (contact !== undefined) contact.starting = { id, position: snapshot.place.position, part, parts };
  };
  const write = async (what: Write): Promise<unknown> => {
    const written = channel.write(what);
    const done = await (contact?.busy(written) ?? written);
    show(partIn(database, snapshot) ?? parts);
    return done;
  };
  while (!isPlaced(database)) {
    const from = partIn(database, snapshot) ?? 0;
    show(from);
    if (from >= snapshot.parts) await write({ kind: "snapshot-end", snapshot });
    else await takeParts(options, snapshot, from, write);
  }
  if (contact !== undefined) contact.starting = undefined;
}

/** The parts from one on, as long as nobody takes something else in: some are fetched and written while others are. */
async function takeParts(
  { cluster: { snapshots }, database }: StartOptions,
  snapshot: Snapshot,
  from: number,
  write: (what: Write) => Promise<unknown>,
): Promise<void> {
  const { id, parts } = snapshot;
  const fetch = (part: number): Promise<Uint8Array> => handled(snapshots.part(id, part));
  const writing: Promise<unknown>[] = [];
  let fetched = fetch(from);
  for (let part = from; part < parts; part++) {
    const bytes = await fetched;
    if (part + 1 < parts) fetched = fetch(part + 1);
    writing.push(handled(write({ kind: "snapshot-part", snapshot, part, bytes })));
    if (writing.length < WRITTEN_AHEAD) continue;
    await writing.shift();
    const next = partIn(database, snapshot);
    if (next === undefined) return;
    // Another process takes it in as well.
    if (next > part + 1) break;
  }
  await Promise.all(writing);
}

/** What becomes of it is looked at later, or by nobody. */
function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}

/** The next part of it that is to be taken in; undefined where it is not what is taken in. */
function partIn(database: DatabaseSync, { id }: Snapshot): number | undefined {
  const under = loading(database);
  return under?.id === id ? under.part : undefined;
}

/** As `before`: none but the copy that the log begins with, which there is no other word of. */
export const NONE_OF_CHANGES = 1;

/** Whether a replica has anything of a log. */
export function isPlaced(database: DatabaseSync): boolean {
  return database.prepare("SELECT 1 FROM log_place").get() !== undefined;
}

function loading(database: DatabaseSync): { readonly id: string; readonly part: number } | undefined {
  const row = database.prepare("SELECT id, part FROM snapshot_load").get();
  return row as unknown as { readonly id: string; readonly part: number } | undefined;
}

function unconfirmed(): HandclaspError {
  return new HandclaspError(
    "ERR_HANDCLASP_STORE_READ",
    "the log begins with a snapshot, and none counts: nobody has come to the same",
    { hint: "whoever copied the store there can do so once more, into an empty database" },
  );
}
