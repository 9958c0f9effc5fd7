import { HandclaspError, isHandclaspError, reasonOf } from "../../errors.ts";
import type { Appender, LogDraft } from "../../trust/port/change-log.ts";
import type { Cluster } from "../../trust/port/cluster.ts";
import type { PreparedChange } from "../../trust/changes/prepared-change.ts";
import type { Write } from "../sqlite/writing/sqlite-writer.ts";
import type { WriteChannel } from "../sqlite/writing/write-channel.ts";
import { type Done, fromWriteError, type Written } from "../sqlite/writing/write-result.ts";
import { AwaitedOutcomes } from "../sqlite/writing/awaited-outcomes.ts";
import { BarsHere, isBarring } from "./bars-here.ts";
import { BranchLeaver } from "./branch-leaver.ts";
import { type Contact, isLocked } from "./contact.ts";
import { LogFollower } from "./log-follower.ts";
import type { NodeSelf } from "./node-self.ts";
import type { ReplicaReader } from "./replica-reader.ts";
import { type OpenScratch, openMemoryScratch } from "./scratch.ts";
import { type Runtime, SYSTEM } from "./runtime.ts";

interface LogChannelOptions {
  /** Ours from now on. */
  readonly cluster: Cluster;
  readonly replica: ReplicaReader;
  /** Writes to the replica. */
  readonly channel: WriteChannel;
  readonly self: NodeSelf;
  /** Default in memory. */
  readonly openScratch?: OpenScratch;
  /** With it, nothing is sent to a log that is known to be away. */
  readonly contact?: Contact;
  /** Whether a replica that has nothing may start from a snapshot. Default true. */
  readonly usesSnapshots?: boolean;
  /** Default the system's. */
  readonly runtime?: Runtime;
}

interface Waiting extends LogDraft {
  readonly resolve: (position: number) => void;
  readonly reject: (error: unknown) => void;
}

/** How long a change that has its place is waited for here, and how often the log is asked for it. */
const ARRIVES_MS = 5000;
const BETWEEN_MS = 100;

/** Writes by way of a log: a change is carried out when the replica comes to it, and comes to what it does there. */
export class LogChannel implements WriteChannel {
  readonly #options: LogChannelOptions;
  readonly #runtime: Runtime;
  readonly #follower: LogFollower;
  readonly #barsHere: BarsHere;
  readonly #awaited: AwaitedOutcomes;
  /** What is here was found to be of the log, and nothing else was done since then. */
  #isSure = false;
  /** What one tick brings is appended together. */
  #outbox: Waiting[] = [];
  #isSending = false;
  readonly #underWay = new Set<Promise<Done>>();
  /** Over once the change that was asked for last has its place: what one process asks for keeps its order. */
  #turn: Promise<void> = Promise.resolve();

  constructor(options: LogChannelOptions) {
    this.#options = options;
    this.#runtime = options.runtime ?? SYSTEM;
    const { channel, replica, openScratch = openMemoryScratch, usesSnapshots } = options;
    const leaver = new BranchLeaver({
      cluster: options.cluster,
      ...(usesSnapshots !== undefined && { usesSnapshots }),
      by: () => this.#by(),
      machine: options.self.name,
      replica,
      channel,
      openScratch,
      contact: options.contact,
      runtime: this.#runtime,
    });
    this.#barsHere = new BarsHere({
      log: options.cluster.log,
      by: () => this.#by(),
      replica,
      channel,
      runtime: this.#runtime,
    });
    this.#awaited = new AwaitedOutcomes((ids) => replica.outcomesOf(ids));
    this.#follower = new LogFollower({
      ...options,
      onStep: (position) => this.#awaited.look(position),
      appendLater: () => this.#appendLater(),
      leaveBranch: (place, head) => leaver.leave(place, head),
      onTrack: () => leaver.staysOn(),
    });
  }

  async write(write: Write): Promise<Done> {
    if (write.kind !== "change") return this.#options.channel.write(write);
    const change = this.#named(write.change);
    const written = this.#track(change);
    return isBarring(change) ? this.#barsHere.write(change, written) : written;
  }

  /** Whoever reads the events knows by it on which machine it was done. */
  #named(change: PreparedChange): PreparedChange {
    return { ...change, actor: { ...change.actor, machine: this.#options.self.name } };
  }

  async #track(change: PreparedChange): Promise<Done> {
    const written = this.#writeByLog(change);
    this.#underWay.add(written);
    try {
      return await written;
    } finally {
      this.#underWay.delete(written);
    }
  }

  /** Resolves when all is here that was in the log when this was called, and the log is where changes are appended. */
  async catchUp(): Promise<void> {
    await Promise.all([this.#follower.look(), this.#follower.catchUp()]);
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#underWay);
    this.#follower.stop();
    await this.#options.cluster.close();
    await this.#follower.idle();
    await this.#options.channel.close();
  }

  async #writeByLog(change: PreparedChange): Promise<Done> {
    const away = this.#options.contact?.away;
    if (away !== undefined) throw away;
    const before = [...this.#underWay];
    const turn = this.#turn;
    const { promise, resolve: next } = Promise.withResolvers<void>();
    this.#turn = promise;
    const id = this.#runtime.newId();
    let appended: Promise<number>;
    let text: string | null | undefined;
    try {
      if (!this.#isOfLog()) await this.#catchUpFirst();
      const settled = await this.#settle(change, before);
      ({ text } = settled);
      if (text === undefined || text === null) return settled;
      await turn;
      appended = this.#append({ id, change: text });
    } finally {
      next();
    }
    return unwrap(await this.#cameTo({ id, change: text }, appended));
  }

  /** A log that could not be asked what became of a change may have said it to who follows it. */
  async #cameTo(draft: LogDraft, appended: Promise<number>): Promise<Written> {
    let position: number;
    try {
      position = await appended;
    } catch (error) {
      const written = this.#options.replica.outcomeOf(draft.id);
      if (written === undefined) throw error;
      return written;
    }
    return this.#arrived(draft, position);
  }

  /** What a change came to that has its place. That the log cannot be read just now is no reason to say that it failed. */
  async #arrived(draft: LogDraft, position: number): Promise<Written> {
    let mayBeLost = true;
    let upTo: number | undefined = position;
    const until = this.#runtime.elapsed() + ARRIVES_MS;
    for (;;) {
      const { written, ...end } = await this.#carriedOut(draft.id, upTo);
      let { failure } = end;
      upTo = undefined;
      if (written !== undefined) return written;
      if (failure === undefined && mayBeLost) {
        failure = await this.#appendAgain(draft);
        mayBeLost = failure !== undefined;
        if (!mayBeLost) continue;
      }
      if (failure === undefined || this.#runtime.elapsed() >= until) throw unknownOutcome(failure);
      await new Promise<void>((resolve) => void this.#runtime.after(BETWEEN_MS, resolve));
    }
  }

  /** Nobody was told of a change that came to a branch of the log that never was: by its id it is appended once. Resolves with why it cannot be. */
  async #appendAgain(draft: LogDraft): Promise<unknown> {
    try {
      await this.#append(draft);
      return undefined;
    } catch (error) {
      return error;
    }
  }

  /** As soon as it is, though others have more carried out after it; else once all is here, or why that cannot be. */
  async #carriedOut(
    id: string,
    upTo: number | undefined,
  ): Promise<{ readonly written?: Written; readonly failure?: unknown }> {
    const follower = this.#follower;
    const found = this.#awaited.of(id, upTo ?? 0).then((written) => ({ written }));
    const end = (upTo === undefined ? follower.catchUp() : follower.reach(upTo)).then(
      () => ({}),
      (failure: unknown) => ({ failure }),
    );
    try {
      const first = await Promise.race([found, end]);
      if ("written" in first) return first;
      // Another process on this replica may have carried it out.
      const written = this.#options.replica.outcomeOf(id);
      return written === undefined ? first : { written };
    } finally {
      this.#awaited.forget(id);
    }
  }

  /** Else what is here says nothing yet, or any more. Looked for once for all that is asked for at once. */
  #isOfLog(): boolean {
    if (this.#isSure) return true;
    const { replica } = this.#options;
    if (replica.isNew() || replica.isOnBranch()) return false;
    this.#isSure = true;
    queueMicrotask(() => {
      this.#isSure = false;
    });
    return true;
  }

  /** What cannot be done may be possible once the replica has what is on its way: nobody is refused for less. */
  async #settle(change: PreparedChange, before: readonly Promise<unknown>[]): Promise<Done> {
    const { channel } = this.#options;
    try {
      const settled = await channel.write({ kind: "settle", change });
      if (settled.outcome.kind === "changed" || before.length === 0) return settled;
    } catch (error) {
      if (!isHandclaspError(error)) throw error;
    }
    await Promise.allSettled(before);
    await this.#catchUpFirst();
    return channel.write({ kind: "settle", change });
  }

  /** Before anything of a change is appended. */
  async #catchUpFirst(): Promise<void> {
    try {
      await this.#follower.catchUp();
    } catch (cause) {
      throw unappended(cause);
    }
  }

  /** That somebody holds the log makes what is here no older. */
  async #appendLater(): Promise<boolean> {
    try {
      return await this.#barsHere.append();
    } catch (error) {
      if (!isLocked(error)) throw error;
      this.#options.contact?.notAppended(error);
      return false;
    }
  }

  #append(draft: LogDraft): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    this.#outbox.push({ ...draft, resolve, reject });
    if (!this.#isSending) this.#runtime.soon(() => void this.#sendAll());
    this.#isSending = true;
    return promise;
  }

  /** One call after the other, for the order; what is asked for meanwhile goes by the next, all of it. */
  async #sendAll(): Promise<void> {
    while (this.#outbox.length > 0) await this.#send();
    this.#isSending = false;
  }

  async #by(): Promise<Appender> {
    try {
      return { node: this.#options.self.id, rules: await this.#follower.rules() };
    } catch (cause) {
      throw unappended(cause);
    }
  }

  async #send(): Promise<void> {
    const sent = this.#outbox;
    this.#outbox = [];
    try {
      const by = await this.#by();
      const positions = await this.#options.cluster.log.append(
        sent.map(({ id, change }) => ({ id, change })),
        by,
      );
      this.#options.contact?.appended();
      for (const [at, { resolve }] of sent.entries()) resolve(positions[at] ?? 0);
    } catch (error) {
      this.#options.contact?.notAppended(error);
      for (const { reject } of sent) reject(error);
    }
  }
}

function unwrap(written: Written): Done {
  if (written.ok) return written;
  throw fromWriteError(written.error);
}

function unappended(cause: unknown): HandclaspError {
  if (isHandclaspError(cause, "ERR_HANDCLASP_STORE_NEWER")) return cause;
  const what = "nothing was appended to the log, since it cannot be read";
  return new HandclaspError("ERR_HANDCLASP_STORE_WRITE", `${what}: ${reasonOf(cause)}`, { cause });
}

function unknownOutcome(cause: unknown): HandclaspError {
  const what = "a change was appended to the log, and what it came to is not on record here";
  if (cause === undefined) return new HandclaspError("ERR_HANDCLASP_OUTCOME_UNKNOWN", `${what} any more`);
  return new HandclaspError("ERR_HANDCLASP_OUTCOME_UNKNOWN", `${what}: ${reasonOf(cause)}`, { cause });
}
