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

async function takeIn(
  { cluster, database, contact, ...options }: StartOptions,
  snapshot: Snapshot,
): Promise<void> {
  const { id, parts } = snapshot;
  const write = async (what: Write): Promise<void> => {
    const written = options.channel.write(what);
    await (contact?.busy(written) ?? written);
  };
  const fetch = (part: number): Promise<Uint8Array> | undefined => {
    if (part >= parts) return undefined;
    const fetched = cluster.snapshots.part(id, part);
    fetched.catch(() => undefined);
    return fetched;
  };
  let ahead: { readonly part: number; readonly bytes: Promise<Uint8Array> | undefined } | undefined;
  while (!isPlaced(database)) {
    const under = loading(database);
    const part = under?.id === id ? under.part : 0;
    if (part >= parts) {
      await write({ kind: "snapshot-end", snapshot });
      continue;
    }
    const bytes = await (ahead?.part === part ? ahead.bytes : fetch(part));
    ahead = { part: part + 1, bytes: fetch(part + 1) };
    if (bytes !== undefined) await write({ kind: "snapshot-part", snapshot, part, bytes });
  }
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
