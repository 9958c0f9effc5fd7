import { HandclaspError } from "../../errors.ts";
import { type Appender, type LogDraft, type LogPlace, LOG_START } from "../../trust/port/change-log.ts";
import type { Cluster } from "../../trust/port/cluster.ts";
import type { Write } from "../sqlite/writing/sqlite-writer.ts";
import type { WriteChannel } from "../sqlite/writing/write-channel.ts";
import type { Contact } from "./contact.ts";
import { LostTail } from "./lost-tail.ts";
import { ReplicaReader } from "./replica-reader.ts";
import type { Runtime } from "./runtime.ts";
import type { OpenScratch, Scratch } from "./scratch.ts";
import { NONE_OF_CHANGES, startFromSnapshot } from "./start-from-snapshot.ts";

/** How many changes are carried out in one transaction. */
const AT_ONCE = 1000;
/** How long another process of this machine is left to do it before it is looked again. */
const OTHERS_LEAVE_MS = 200;

interface LeaverOptions {
  readonly cluster: Pick<Cluster, "log" | "snapshots">;
  readonly by: () => Promise<Appender>;
  /** What this one is called. */
  readonly machine: string;
  /** What was carried out so far. */
  readonly replica: ReplicaReader;
  /** Writes to it. */
  readonly channel: WriteChannel;
  readonly openScratch: OpenScratch;
  /** Default true. */
  readonly usesSnapshots?: boolean;
  /** Is told of what takes its time here, while the log is asked for nothing. */
  readonly contact?: Contact | undefined;
  readonly runtime: Runtime;
}

/**
 * Has a replica leave a branch of the log that never was. Nobody is admitted from the moment in which the branch is found
 * until what was taken on it has been taken again, and the replica is what the log leads to.
 */
export class BranchLeaver {
  readonly #options: LeaverOptions;

  constructor(options: LeaverOptions) {
    this.#options = options;
  }

  /** Resolves when the replica, or what another process has made of it, may be on the log again. */
  async leave(place: LogPlace, head: LogPlace): Promise<void> {
    const { channel, openScratch, runtime } = this.#options;
    await channel.write({ kind: "branch-found", place, head, at: runtime.now() });
    const scratch = openScratch();
    if (scratch === undefined) return this.#pause();
    try {
      await this.#leaveBy(scratch, place);
    } finally {
      await scratch.close();
    }
  }

  /** The log has the replica's place after all. */
  async staysOn(): Promise<void> {
    await this.#options.channel.write({ kind: "branch-over" });
  }

  async #leaveBy(scratch: Scratch, place: LogPlace): Promise<void> {
    const { replica, channel, machine, runtime } = this.#options;
    await this.#carryOut(scratch);
    const lost = await this.#busy(
      async () => new LostTail({ replica: replica.database, anew: scratch.database, place, machine }),
    );
    if (lost.common === 0) throw otherLog(place);
    // Who was only behind what the log begins with has lost nothing.
    let drafts = lost.events.length > 0 ? lost.drafts(runtime.now()) : [];
    for (;;) {
      // Whoever is barred here alone so far may be nobody that the log knows of.
      const later = replica.later();
      await this.#append([...drafts, ...later], scratch);
      await this.#write(channel, {
        kind: "leave-branch",
        place,
        anew: scratch.uri,
        common: lost.common,
        later: later.map(({ id }) => id),
        gone: lost.gone.map(({ sequence }) => sequence),
        at: runtime.now(),
      });
      // Whoever was barred meanwhile comes into the log first: what was carried out goes on from where it is.
      const known = new Set(later.map(({ id }) => id));
      if (replica.place().hash !== place.hash || replica.later().every(({ id }) => known.has(id))) return;
      drafts = [];
    }
  }

  /** And carries it out. Throws where the log has lost it again. */
  async #append(all: readonly LogDraft[], scratch: Scratch): Promise<void> {
    const reader = new ReplicaReader(scratch.database);
    // What the log was cut after knows it by its outcome alone.
    const drafts = all.filter(({ id }) => reader.outcomeOf(id) === undefined);
    if (drafts.length === 0) return;
    const { position } = reader.place();
    const { cluster, by } = this.#options;
    const positions = await cluster.log.append(drafts, await by());
    await this.#carryOut(scratch);
    const isLost = drafts.some(
      ({ id }, index) => (positions[index] ?? Infinity) > position && reader.outcomeOf(id) === undefined,
    );
    if (isLost) throw changedAgain(reader.place());
  }

  /** All that the log has. */
  async #carryOut({ database, channel }: Scratch): Promise<void> {
    const { cluster, contact, usesSnapshots } = this.#options;
    const { log } = cluster;
    const before = usesSnapshots === false ? NONE_OF_CHANGES : undefined;
    const reader = new ReplicaReader(database);
    if (reader.isNew()) await startFromSnapshot({ cluster, database, channel, before, contact });
    for (;;) {
      const place = reader.place();
      const { follows, entries } = await log.read(place, AT_ONCE);
      if (!follows) throw changedAgain(place);
      if (entries.length === 0) return;
      await this.#write(channel, { kind: "entries", entries });
    }
  }

  async #write(channel: WriteChannel, write: Write): Promise<void> {
    await this.#busy(() => channel.write(write));
  }

  /** However long it takes, nobody is to think that the log does not answer. */
  async #busy<T>(work: () => Promise<T>): Promise<T> {
    const done = work();
    return this.#options.contact?.busy(done) ?? done;
  }

  #pause(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#options.runtime.after(OTHERS_LEAVE_MS, resolve);
    return promise;
  }
}

/** A machine that was meant for another cluster would take from this one all that was taken there. */
function otherLog({ position }: LogPlace): HandclaspError {
  const problem = `this replica carried out ${position} changes of another log: nothing of what came of them is in this one`;
  return new HandclaspError("ERR_HANDCLASP_STORE_READ", problem, {
    hint: "look whether the right database is named; for a new one, name a new replica",
    details: { position },
  });
}

function changedAgain({ position }: LogPlace): HandclaspError {
  const at = position === LOG_START.position ? "from its start" : `up to ${position}`;
  return new HandclaspError(
    "ERR_HANDCLASP_STORE_READ",
    `the log was carried out ${at}, and is another one by now`,
  );
}
