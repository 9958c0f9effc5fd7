import type { DatabaseSync, StatementSync } from "node:sqlite";
import { HandclaspError } from "../../../errors.ts";
import type { Anew } from "../../../trust/port/ledger.ts";
import { CHAIN_START, type ChainHead, type SealedEvent } from "../../../trust/records/events.ts";
import { BarFeed } from "./bar-feed.ts";
import { BranchFeed, type LeftBranch } from "./branch-feed.ts";
import { readSchema } from "./schema.ts";
import { toStoreError } from "./sqlite-errors.ts";
import { type FileIdentity, fileIdentity } from "./sqlite-file.ts";

const POLL_MS = 50;
const MOST_AT_ONCE = 1000;
/** So often in a row; what there is more is told at the next look. */
const MOST_ROUNDS = 10;

type Listener = (events: readonly SealedEvent[]) => void;
type AnewListener = (anew: Anew) => void;

/**
 * Notices what other processes commit, by `PRAGMA data_version`, and whether the file is still the one that was
 * opened. https://www.sqlite.org/pragma.html#pragma_data_version
 */
export class EventFeed {
  /** Why nothing may be read; undefined while all is well. */
  failure: HandclaspError | undefined;
  readonly #database: DatabaseSync;
  readonly #path: string | null;
  /** The database, its write-ahead log and that one's index: with another one of them we would see other things. */
  readonly #files: readonly { readonly path: string; readonly identity: FileIdentity }[];
  readonly #version: StatementSync;
  readonly #after: StatementSync;
  readonly #hashAt: StatementSync;
  readonly #revision: StatementSync;
  readonly #last: StatementSync;
  readonly #filling: StatementSync;
  readonly #branches: BranchFeed;
  readonly #bars: BarFeed;
  readonly #listeners = new Set<Listener>();
  readonly #anewListeners = new Set<AnewListener>();
  readonly #timer: NodeJS.Timeout | undefined;
  #seenVersion: number;
  /** All that was committed by then was told. */
  #toldVersion: number | undefined;
  /** Several who wrote hear of it at once, and each asks: the first does it for all. */
  #isJustTold = false;
  /** What the listeners were told of last. */
  #head: ChainHead;

  constructor(database: DatabaseSync, path: string | null) {
    this.#database = database;
    this.#path = path;
    this.#version = database.prepare("PRAGMA data_version");
    this.#after = database.prepare(
      "SELECT sequence, json, hash FROM events WHERE sequence > ? ORDER BY sequence LIMIT ?",
    );
    this.#seenVersion = this.#readVersion();
    // What others commit counts in one of the two, what is written by this connection in the other.
    this.#revision = database.prepare(
      "SELECT data_version + total_changes() AS revision FROM pragma_data_version",
    );
    this.#hashAt = database.prepare("SELECT hash FROM events WHERE sequence = ?");
    this.#branches = new BranchFeed(database);
    this.#bars = new BarFeed(database);
    this.#last = database.prepare("SELECT sequence, hash FROM events ORDER BY sequence DESC LIMIT 1");
    this.#filling = database.prepare("SELECT 1 FROM snapshot_load");
    this.#head = this.#isBeingFilled() ? CHAIN_START : this.#end();
    // After the reads above: the first one makes the log and its index.
    this.#files = path === null ? [] : [path, `${path}-wal`, `${path}-shm`].flatMap(identified);
    if (path !== null) this.#timer = setInterval(() => this.#poll(), POLL_MS).unref();
  }

  /** Why nobody may be admitted by what is read, though it can be shown; undefined while all is well. */
  get unsure(): HandclaspError | undefined {
    return this.#branches.problem;
  }

  /** A larger number after each write, whoever wrote. */
  revision(): number {
    return (this.#revision.get() as { revision: number }).revision;
  }

  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** As `Ledger.onAnew`. */
  listenAnew(listener: AnewListener): () => void {
    this.#anewListeners.add(listener);
    return () => void this.#anewListeners.delete(listener);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#listeners.clear();
    this.#anewListeners.clear();
  }

  /** Tells the listeners what came since they were last told. */
  announce(): void {
    if (this.#isJustTold) return;
    // Of what is written by this connection it says nothing: a store in memory has no other.
    const version = this.#path === null ? undefined : this.#readVersion();
    if (version === undefined || version !== this.#toldVersion) this.#announce(version);
    if (version === undefined || this.failure !== undefined) return;
    this.#isJustTold = true;
    queueMicrotask(() => {
      this.#isJustTold = false;
    });
  }

  #announce(version: number | undefined): void {
    const wentBack = this.#wentBack();
    // Asked after that: who replaced the chain said so in the same transaction.
    const left = this.#branches.left();
    if (left === undefined) this.failure ??= wentBack;
    if (this.failure !== undefined) return;
    if (left !== undefined) this.#tellLost(left);
    const pins = this.#bars.added();
    if (pins.length > 0)
      for (const listener of this.#anewListeners) tell(() => listener({ why: "barred", pins }));
    if (this.#isBeingFilled()) return;
    if (this.#tellEvents()) this.#toldVersion = version;
  }

  /** Whether all is told that there is: many at once are told bit by bit, where there is somebody to tell. */
  #tellEvents(): boolean {
    const mostRounds = this.#path === null ? Infinity : MOST_ROUNDS;
    for (let round = 0; this.#listeners.size > 0; round++) {
      if (round === mostRounds) return false;
      const events = this.#after.all(this.#head.sequence, MOST_AT_ONCE) as unknown as SealedEvent[];
      const last = events.at(-1);
      if (last === undefined) return true;
      this.#head = { sequence: last.sequence, hash: last.hash };
      for (const listener of this.#listeners) tell(() => listener(events));
    }
    this.#head = this.#end();
    return true;
  }

  /** By a snapshot, of which nothing counts until all of it is there: nobody is told of it, and all of it may be gone again. */
  #isBeingFilled(): boolean {
    return this.#filling.get() !== undefined;
  }

  #end(): ChainHead {
    return (this.#last.get() as ChainHead | undefined) ?? CHAIN_START;
  }

  #poll(): void {
    try {
      this.failure = this.#lostFile();
      if (this.failure !== undefined) return;
      const version = this.#readVersion();
      if (version === this.#seenVersion) return;
      readSchema(this.#database);
      this.announce();
      if (this.failure === undefined && this.#toldVersion === version) this.#seenVersion = version;
    } catch (error) {
      this.failure = toStoreError(
        error,
        "ERR_HANDCLASP_STORE_READ",
        "cannot read the trust store",
        this.#path,
      );
    }
  }

  #lostFile(): HandclaspError | undefined {
    for (const { path, identity } of this.#files) {
      const now = fileIdentity(path);
      if (now !== undefined && now.inode === identity.inode && now.device === identity.device) continue;
      const what = now === undefined ? "was removed" : "was replaced by another file";
      return unreadable(`${path} ${what} while the trust store was in use`, "put the file back, or restart");
    }
    return undefined;
  }

  /** The chain only grows: another one is a backup that was copied over a store in use, however long it is now. */
  #wentBack(): HandclaspError | undefined {
    const { sequence, hash } = this.#head;
    const there = sequence === 0 ? CHAIN_START : (this.#hashAt.get(sequence) as { hash: string } | undefined);
    if (there?.hash === hash) return undefined;
    const problem =
      there === undefined
        ? `the trust store ${this.#path} had ${sequence} events, and has fewer now`
        : `event ${sequence} of the trust store ${this.#path} is not the one that it was`;
    return unreadable(problem, "restart after a backup was restored; stop the servers before restoring one");
  }

  #tellLost(lost: LeftBranch): void {
    const { common } = lost;
    if (common < this.#head.sequence) {
      const { hash } = this.#hashAt.get(common) as { hash: string };
      this.#head = { sequence: common, hash };
    }
    for (const listener of this.#anewListeners) tell(() => listener({ why: "lost", ...lost }));
  }

  #readVersion(): number {
    return (this.#version.get() as { data_version: number }).data_version;
  }
}

function identified(path: string): readonly { path: string; identity: FileIdentity }[] {
  const identity = fileIdentity(path);
  return identity === undefined ? [] : [{ path, identity }];
}

function unreadable(problem: string, hint: string): HandclaspError {
  return new HandclaspError("ERR_HANDCLASP_STORE_READ", problem, { hint });
}

/** What a listener throws is its own affair: it keeps no change from the others, nor from whoever made it. */
function tell(listener: () => void): void {
  try {
    listener();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
