import { type ErrorCode, HandclaspError, isHandclaspError, reasonOf, toError } from "../../errors.ts";
import type { SnapshotStart } from "../../trust/port/replication.ts";
import { RULES } from "../../trust/rules.ts";
import { RefusedSnapshots } from "./refused-snapshots.ts";
import type { ReplicaRow } from "./replica-row.ts";
import type { Runtime } from "./runtime.ts";

/** By then a look has failed, or takes too long to be waited for. */
export const MISSED_MS = 2000;

/** By then nobody answers any more. */
const FORSAKEN_MS = 5000;

/** Somebody has to do something: the database, its schema or its key are not what was said, or the driver is not there. */
const FINAL: ReadonlySet<ErrorCode> = new Set(["ERR_HANDCLASP_STORE_OPEN", "ERR_HANDCLASP_REFUSED"]);

/** How long it is said that somebody holds the log, since it was last found out; and nobody waits to find it out again. */
const LOCKED_SAID_MS = 10_000;
const LOCKED_REFUSED_MS = 1000;

interface ContactOptions {
  readonly row: Pick<ReplicaRow, "upToDateAt">;
  readonly maxStalenessMs: number;
  readonly runtime: Runtime;
}

/** How old what a replica knows is, and whether the log can be reached. */
export class Contact {
  readonly maxStalenessMs: number;
  /** How many changes the log had more when it was last read; null when it was not read since the start. */
  behind: number | null = null;
  /** The number of the rules that the cluster goes by, as it was last heard. */
  rules: number = RULES;
  /** Whether it was last read from a copy that may be behind. */
  isStandby = false;
  /** The snapshot that is being taken in to begin with; undefined for none. */
  starting: SnapshotStart | undefined;
  /** Snapshots that were not what they say. */
  readonly refused: RefusedSnapshots = new RefusedSnapshots();
  readonly #runtime: Runtime;
  readonly #limitMs: number;
  /** When all that the log had was carried out here: by both clocks, -Infinity for never. */
  #elapsedAt = -Infinity;
  #wallAt = -Infinity;
  #lookBegan: number | undefined;
  /** When the log said something last, of the look that is under way: by the time in which this process did not stand still. */
  #heard = 0;
  /** How long this process stood still so far, and when it was last known not to. */
  #stillMs = 0;
  #ticked: { readonly at: number; readonly mostMs: number } | undefined;
  /** How much of what was read is being taken in. */
  #busy = 0;
  #failure: Error | undefined;
  /** Why nothing could be appended, though the log was reached; and when that was. */
  #locked: { readonly error: HandclaspError; readonly at: number } | undefined;
  #writtenAt = -Infinity;

  constructor({ row, maxStalenessMs, runtime }: ContactOptions) {
    this.maxStalenessMs = maxStalenessMs;
    this.#limitMs = Math.max(maxStalenessMs, MISSED_MS);
    this.#runtime = runtime;
    const at = row.upToDateAt();
    const now = runtime.now();
    // A clock that went back says nothing of how long ago that was.
    if (at === null || at > now) return;
    this.#wallAt = at;
    this.#elapsedAt = runtime.elapsed() - (now - at);
  }

  /** Milliseconds since the epoch; null for never. */
  get upToDateAt(): number | null {
    return Number.isFinite(this.#wallAt) ? this.#wallAt : null;
  }

  /** What is known here is older than it may be: a machine that slept is found out by its clock. */
  get isStale(): boolean {
    const runtime = this.#runtime;
    return (
      runtime.elapsed() - this.#elapsedAt > this.#limitMs || runtime.now() - this.#wallAt > this.#limitMs
    );
  }

  /** Why nobody is admitted by what is known here; undefined as long as it is new enough. */
  readonly unsure = (): HandclaspError | undefined => {
    if (!this.isStale) return undefined;
    return new HandclaspError("ERR_HANDCLASP_STORE_READ", `${this.#age}, and it cannot be compared with it`, {
      hint: "have the database reached again: until then nobody is let in here",
      details: { replication: "stale" },
      ...(this.#failure !== undefined && { cause: this.#failure }),
    });
  };

  /** A look at the log begins. */
  begin(): void {
    this.#heard = this.#awakeMs;
    this.#lookBegan = this.#runtime.elapsed();
  }

  /** The log was read: it has `behind` changes more than were carried out. */
  read(behind: number, isPrimary: boolean): void {
    this.#heard = this.#awakeMs;
    this.behind = behind;
    this.isStandby = !isPrimary;
  }

  /** What was read is taken in here: however long that takes, nobody is asked for an answer. */
  async busy<T>(work: Promise<T>): Promise<T> {
    this.#busy++;
    try {
      return await work;
    } finally {
      this.#busy--;
      this.#heard = this.#awakeMs;
    }
  }

  /** Whether a look is under way that nobody answers any more. */
  get isForsaken(): boolean {
    if (this.#busy > 0) return false;
    return this.#lookBegan !== undefined && this.#awakeMs - this.#heard > FORSAKEN_MS;
  }

  /** Is called so often: what passes besides, this process stood still, and heard nothing of what the log said meanwhile. */
  tick(everyMs: number): void {
    this.#stillMs += this.#standsStillMs;
    this.#ticked = { at: this.#runtime.elapsed(), mostMs: 2 * everyMs };
  }

  get #awakeMs(): number {
    return this.#runtime.elapsed() - this.#stillMs - this.#standsStillMs;
  }

  get #standsStillMs(): number {
    if (this.#ticked === undefined) return 0;
    const { at, mostMs } = this.#ticked;
    return Math.max(0, this.#runtime.elapsed() - at - mostMs);
  }

  /** When what is known here is to be written down as this new, for the next process; undefined while that is not due. */
  get due(): number | undefined {
    const isDue = this.#wallAt - this.#writtenAt >= this.#limitMs / 20 || this.#wallAt < this.#writtenAt;
    if (!Number.isFinite(this.#wallAt) || !isDue) return undefined;
    this.#writtenAt = this.#wallAt;
    return this.#wallAt;
  }

  /** All that the log had after this look had begun is carried out. */
  reached(): void {
    const elapsed = this.#runtime.elapsed();
    const began = this.#lookBegan ?? elapsed;
    this.#wallAt = Math.floor(this.#runtime.now() - (elapsed - began));
    this.#elapsedAt = began;
    this.#lookBegan = undefined;
    this.#failure = undefined;
  }

  /** The look came to nothing. */
  failed(error: unknown): void {
    this.#lookBegan = undefined;
    this.#failure = toError(error);
  }

  /** Somebody else holds what is needed to append, if that is what was wrong. */
  notAppended(error: unknown): void {
    if (isLocked(error)) this.#locked = { error, at: this.#runtime.elapsed() };
  }

  appended(): void {
    this.#locked = undefined;
  }

  /** Why the log cannot be written, or read, though it is reached: somebody holds it. Undefined where nobody does. */
  get heldBy(): string | undefined {
    const failure = isLocked(this.#failure) ? this.#failure : this.#lockedFor(LOCKED_SAID_MS);
    return failure === undefined ? undefined : reasonOf(failure);
  }

  #lockedFor(ms: number): HandclaspError | undefined {
    const locked = this.#locked;
    return locked !== undefined && this.#runtime.elapsed() - locked.at < ms ? locked.error : undefined;
  }

  /** Why nothing can be appended now; undefined where it may be. */
  get away(): HandclaspError | undefined {
    const locked = this.#lockedFor(LOCKED_REFUSED_MS);
    if (locked !== undefined) return locked;
    const cause = this.#failure;
    const isLate = this.#lookBegan !== undefined && this.#awakeMs - this.#heard > MISSED_MS;
    if (cause === undefined && !isLate) return undefined;
    const why = cause === undefined ? "does not answer" : `cannot be reached: ${reasonOf(cause)}`;
    return new HandclaspError("ERR_HANDCLASP_STORE_WRITE", `the log of changes ${why}`, {
      hint: "known peers go on meanwhile, nobody new is met",
      details: { replication: "away" },
      ...(cause !== undefined && { cause }),
      ...(isLocked(cause) && cause.hint !== undefined && { hint: cause.hint }),
    });
  }

  /** What is wrong with the log, by the last look at it; undefined when nothing is. */
  get brokenLog(): string | undefined {
    return isHandclaspError(this.#failure, "ERR_HANDCLASP_AUDIT") ? this.#failure.message : undefined;
  }

  /** What is wrong with the database that no waiting mends, by the last look at it; undefined where nothing is. */
  get unusable(): HandclaspError | undefined {
    return finalIn(this.#failure);
  }

  /** What a reader is told who wanted the newest: what no waiting mends, as it is. */
  outdated(cause: unknown): HandclaspError {
    const final = finalIn(cause);
    if (final !== undefined) return final;
    return new HandclaspError("ERR_HANDCLASP_STORE_READ", `${this.#age}: ${reasonOf(cause)}`, {
      cause,
      ...(isHandclaspError(cause) && { remedies: cause.remedies }),
    });
  }

  get #age(): string {
    const at = this.upToDateAt;
    return at === null
      ? "this machine never had what the log of changes says"
      : `what this machine knows is as of ${new Date(at).toISOString()}`;
  }
}

function finalIn(cause: unknown): HandclaspError | undefined {
  for (let error = cause; error instanceof Error; error = error.cause)
    if (isHandclaspError(error) && FINAL.has(error.code)) return error;
  return undefined;
}

/** Whether the database was reached, and somebody else holds what was needed there. */
export function isLocked(error: unknown): error is HandclaspError {
  return isHandclaspError(error) && error.details["replication"] === "locked";
}
