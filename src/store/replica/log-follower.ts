import { HandclaspError } from "../../errors.ts";
import { RULES } from "../../trust/rules.ts";
import type { LogEntry, LogPlace, LogRead } from "../../trust/port/change-log.ts";
import type { Cluster } from "../../trust/port/cluster.ts";
import type { WriteChannel } from "../sqlite/writing/write-channel.ts";
import { knownRules } from "../log/known-rules.ts";
import type { NodeReport } from "../../trust/port/node-roster.ts";
import type { NodeSelf } from "./node-self.ts";
import type { Contact } from "./contact.ts";
import type { ReplicaReader } from "./replica-reader.ts";
import { type Runtime, SYSTEM } from "./runtime.ts";
import { NONE_OF_CHANGES, startFromSnapshot } from "./start-from-snapshot.ts";

/** How many changes are carried out in one transaction: of a quarter as many, each page would be written more than twice as often. */
const AT_ONCE = 4000;
/** What was read in less may be more the next time. */
const QUICK_MS = 1000;
/** How often this machine says how far it is, and the log is looked at even if nobody says that there is more. */
const BEAT_MS = 1000;
/** After how many looks it is compared with the other machines. */
const COMPARED_EACH = 3;
/** How often it is looked at where nobody would say so. */
const UNTOLD_MS = 200;
/** How long what others appended waits at most for more of it. */
const MOST_REST_MS = 50;

interface FollowerOptions {
  readonly cluster: Pick<Cluster, "log" | "nodes" | "snapshots" | "hangUp">;
  readonly self: NodeSelf;
  readonly replica: ReplicaReader;
  /** Writes to the replica. */
  readonly channel: WriteChannel;
  /** What becomes of a replica that stands where the log is not. */
  readonly leaveBranch: (place: LogPlace, head: LogPlace) => Promise<void>;
  /** The log has the place of a replica that was thought to be on a branch. */
  readonly onTrack: () => Promise<void>;
  /** Appends what was done here alone; resolves with whether there is more to be carried out then. */
  readonly appendLater: () => Promise<boolean>;
  /** Is told how far the replica is when some changes more were carried out. */
  readonly onStep?: (position: number) => void;
  /** Is told of each look at the log: when it begins, and what it came to. */
  readonly contact?: Contact;
  /** Whether a replica that has nothing may start from a snapshot. Default true. */
  readonly usesSnapshots?: boolean;
  /** Default the system's. */
  readonly runtime?: Runtime;
}

/** What follows a place where the replica is about to be. */
interface ReadAhead {
  readonly after: LogPlace;
  readonly read: Promise<LogRead>;
}

/** Keeps a replica as far as the log is. */
export class LogFollower {
  readonly #options: FollowerOptions;
  readonly #runtime: Runtime;
  readonly #stopListening: () => void;
  readonly #stopTimer: () => void;
  #following: Promise<void> | undefined;
  #looking: Promise<void> | undefined;
  #lookedAt = -Infinity;
  #looks = 0;
  #rules: number | undefined;
  #isAskedAgain = false;
  #atOnce = AT_ONCE;
  /** How far somebody waits for the log, since it was read last. */
  #known = 0;
  /** How far it was said to go since then: nobody here waits for that. */
  #heard = 0;
  #restUntil = -Infinity;
  #stopResting: (() => void) | undefined;

  constructor(options: FollowerOptions) {
    this.#options = options;
    this.#runtime = options.runtime ?? SYSTEM;
    this.#stopListening = options.cluster.log.onMore((position) => this.#hear(position));
    this.#stopTimer = this.#runtime.every(UNTOLD_MS, () => this.#tick());
    this.#tick();
  }

  /**
   * The number of the rules by which changes are appended: what the cluster goes by. Throws ERR_HANDCLASP_STORE_NEWER where
   * this version does not know those.
   */
  async rules(): Promise<number> {
    this.#rules ??= await this.#options.cluster.nodes.rules();
    return knownRules(this.#rules);
  }

  /** Says how far this machine is, then catches up: what is here afterwards is as new as that. */
  async look(): Promise<void> {
    this.#looking ??= this.#look();
    return this.#looking;
  }

  /** Resolves when the replica has all that was in the log when this was called. Throws when it cannot get there. */
  async catchUp(): Promise<void> {
    if (this.#following !== undefined) {
      this.#isAskedAgain = true;
      return this.#following;
    }
    this.#following = this.#follow();
    return this.#following;
  }

  /** Resolves when the replica is as far as that, though another log may have led there. Throws when it cannot get there. */
  async reach(position: number): Promise<void> {
    if (this.#following !== undefined) {
      this.#known = Math.max(this.#known, position);
      return this.#following;
    }
    if (this.#options.replica.place().position < position) await this.catchUp();
  }

  stop(): void {
    this.#stopListening();
    this.#stopTimer();
    this.#stopResting?.();
  }

  #hear(position: number | undefined): void {
    this.#heard = Math.max(this.#heard, position ?? Infinity);
    this.#readOn();
  }

  /** Rests twice as long as it worked, once there is more: several machines that append at once would have each read by all for itself. */
  #readOn(): void {
    if (this.#following !== undefined || this.#stopResting !== undefined) return;
    if (this.#heard <= this.#options.replica.place().position) return;
    // What became of it is in the contact.
    const read = (): void => void this.catchUp().catch(() => undefined);
    const restMs = this.#restUntil - this.#runtime.elapsed();
    if (restMs <= 0) return read();
    this.#stopResting = this.#runtime.after(restMs, () => {
      this.#stopResting = undefined;
      if (this.#following === undefined) read();
    });
  }

  #tick(): void {
    const { cluster, contact } = this.#options;
    contact?.tick(UNTOLD_MS);
    const isTime = this.#runtime.elapsed() - this.#lookedAt >= BEAT_MS - UNTOLD_MS / 2;
    if (!isTime && cluster.log.tells) return;
    if (contact?.isForsaken === true) cluster.hangUp("it does not answer any more");
    // What became of it is in the contact.
    const isStarting = this.#looking !== undefined && contact?.starting !== undefined;
    const done = isStarting && isTime ? this.#beatMeanwhile() : isTime ? this.look() : this.catchUp();
    done.catch(() => undefined);
  }

  async #look(): Promise<void> {
    const { cluster, contact } = this.#options;
    this.#lookedAt = this.#runtime.elapsed();
    contact?.begin();
    // It cannot be over before whoever asked has it.
    await Promise.resolve();
    try {
      const { rules, isWritten } = await cluster.nodes.beat(this.#report());
      this.#rules = rules;
      if (contact !== undefined) contact.rules = rules;
      await this.catchUp();
      knownRules(rules);
      if (!isWritten) throw onlyCopy();
      contact?.reached();
      if (this.#looks++ % COMPARED_EACH === 0) void this.#compare();
      await this.#writeDown();
    } catch (error) {
      contact?.failed(error);
      throw error;
    } finally {
      this.#looking = undefined;
    }
  }

  /** What cannot be compared now will be soon: that is no reason to be behind. */
  async #compare(): Promise<void> {
    const { cluster, self } = this.#options;
    const nodes = await cluster.nodes.nodes().catch(() => []);
    if (nodes.length > 0) self.compare(nodes);
  }

  /** A process that begins without the log has to know how old what is here is. That it cannot be told is no reason to stop. */
  async #writeDown(): Promise<void> {
    const at = this.#options.contact?.due;
    if (at !== undefined)
      await this.#options.channel.write({ kind: "up-to-date", at }).catch(() => undefined);
  }

  /** Resolves once no look is under way. */
  async idle(): Promise<void> {
    await (this.#looking ?? this.#following)?.catch(() => undefined);
  }

  /** Whether there was something to start from. */
  #start(): Promise<boolean> {
    const { cluster, channel, contact, replica, usesSnapshots = true } = this.#options;
    return startFromSnapshot({
      cluster,
      channel,
      contact,
      database: replica.database,
      before: usesSnapshots ? undefined : NONE_OF_CHANGES,
      refused: contact?.refused,
      now: () => this.#runtime.now(),
    });
  }

  /** Whoever has much to take in is there all the same. */
  async #beatMeanwhile(): Promise<void> {
    this.#lookedAt = this.#runtime.elapsed();
    await this.#options.cluster.nodes.beat(this.#report());
  }

  #report(): NodeReport {
    const { self, contact } = this.#options;
    const { starting } = contact ?? {};
    const report = self.report();
    return starting === undefined
      ? report
      : { ...report, starting: { part: starting.part, parts: starting.parts } };
  }

  /** No more than came through in time before: by a slow link it is little, but some each time. */
  async #read(place: LogPlace): Promise<LogRead> {
    const began = this.#runtime.elapsed();
    try {
      const read = await this.#options.cluster.log.read(place, this.#atOnce);
      if (this.#runtime.elapsed() - began < QUICK_MS) this.#atOnce = Math.min(2 * this.#atOnce, AT_ONCE);
      return read;
    } catch (error) {
      this.#atOnce = Math.ceil(this.#atOnce / 4);
      throw error;
    }
  }

  /** Where there is more, the next of it is read while what was read is carried out. */
  #readAhead(last: LogEntry | undefined, head: LogPlace): ReadAhead | undefined {
    if (last === undefined || last.position >= head.position) return undefined;
    const after = { position: last.position, hash: last.hash };
    const read = this.#read(after);
    // Nobody may ask what came of it.
    read.catch(() => undefined);
    return { after, read };
  }

  async #follow(): Promise<void> {
    const { replica, channel, leaveBranch, onTrack, appendLater, onStep, contact } = this.#options;
    const began = this.#runtime.elapsed();
    // It cannot be over before whoever asked has it.
    await Promise.resolve();
    try {
      do {
        this.#isAskedAgain = false;
        this.#known = 0;
        this.#heard = 0;
        let ahead: ReadAhead | undefined;
        for (;;) {
          const isNew = replica.isNew();
          if (isNew && (await this.#start())) continue;
          const place = replica.place();
          const isAhead = ahead?.after.position === place.position && ahead.after.hash === place.hash;
          const read = isAhead ? ahead?.read : undefined;
          ahead = undefined;
          const { follows, entries, head, isPrimary } = await (read ?? this.#read(place));
          if (!follows) {
            // A copy that is behind does not have what is here either.
            if (!isPrimary) throw behindStandby(place, head);
            if (isNew) throw begunElsewhere(this.#options.usesSnapshots);
            await leaveBranch(place, head);
            continue;
          }
          if (replica.isOnBranch()) await onTrack();
          contact?.read(head.position - place.position, isPrimary);
          const beyond = entries.findIndex(({ rules }) => rules > RULES);
          const known = beyond === -1 ? entries : entries.slice(0, beyond);
          if (known.length > 0) {
            const written = channel.write({ kind: "entries", entries: known });
            if (beyond === -1) ahead = this.#readAhead(known.at(-1), head);
            await (contact?.busy(written) ?? written);
            onStep?.(replica.place().position);
          }
          knownRules(entries[beyond]?.rules ?? RULES);
          // That was all there was when it was read.
          if ((entries.at(-1) ?? head).position !== head.position) continue;
          // Where others append steadily, there is always something to be carried out first.
          if (!isPrimary || !(await appendLater())) break;
        }
      } while (this.#isAskedAgain || this.#known > replica.place().position);
    } catch (error) {
      contact?.failed(error);
      throw error;
    } finally {
      // In the very moment of the last look: who asks from now on gets a look of their own.
      this.#following = undefined;
      const now = this.#runtime.elapsed();
      this.#restUntil = now + Math.min(2 * (now - began), MOST_REST_MS);
    }
    this.#readOn();
  }
}

/** It was cut, and what it goes on from is not there, or does not count. */
function begunElsewhere(usesSnapshots = true): HandclaspError {
  if (!usesSnapshots) {
    const message = "the log of changes was cut, and this machine is to start from no snapshot (snapshot=no)";
    return new HandclaspError("ERR_HANDCLASP_STORE_READ", message, {
      hint: "what was cut is in snapshots alone: leave snapshot=no out, if the database is to be believed",
    });
  }
  const message = "the log of changes was cut, and there is no snapshot that counts to begin with";
  return new HandclaspError("ERR_HANDCLASP_STORE_READ", message, {
    hint: "have a machine that has all of it make one",
  });
}

/** What a copy says may be old, for however long: it makes nobody up to date. */
function onlyCopy(): HandclaspError {
  const message = "what answers is a standby of the database, which cannot be written and may be behind";
  return new HandclaspError("ERR_HANDCLASP_STORE_READ", message, {
    hint: "name all hosts of the database in the URL, with commas between: the one that can be written is taken",
  });
}

function behindStandby(place: LogPlace, head: LogPlace): HandclaspError {
  const message = `what answers is a standby of the database, which has the changes up to ${head.position}: this replica carried out ${place.position}`;
  return new HandclaspError("ERR_HANDCLASP_STORE_READ", message, { details: { place, head } });
}
