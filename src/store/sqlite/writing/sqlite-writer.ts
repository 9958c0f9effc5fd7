import type { DatabaseSync, StatementSync } from "node:sqlite";
import { isHandclaspError } from "../../../errors.ts";
import { applyChange } from "../../../trust/changes/apply-change.ts";
import type {
  PreparedBar,
  PreparedChange,
  PreparedSetAside,
} from "../../../trust/changes/prepared-change.ts";
import type { LogEntry, LogPlace } from "../../../trust/port/change-log.ts";
import type { Snapshot } from "../../../trust/port/snapshot-shelf.ts";
import type { SightingBatch } from "../../../trust/port/ledger.ts";
import type { Exchanged } from "../../../trust/port/shared-rows.ts";
import { endSessions, putSession, type SessionWrite } from "../desk/session-rows.ts";
import { putServing, type ServingWrite } from "../shared/serving-rows.ts";
import { SharedWriter } from "../shared/shared-writer.ts";
import type { TakenBy } from "../shared/take-rows.ts";
import type { UntoldRow } from "../shared/tell-rows.ts";
import { recordSightings, type SeenBy } from "../sightings/sightings.ts";
import { settingConflict } from "../../log/setting-conflict.ts";
import { isAboutOneStatement, toStoreError } from "../file/sqlite-errors.ts";
import { RowJournal } from "../digest/row-journal.ts";
import { SnapshotLoader } from "../snapshot/snapshot-loader.ts";
import { JournaledTables } from "../tables/journaled-tables.ts";
import { type BranchLeft, ReplicaWriter } from "./replica-writer.ts";
import { type Done, toWriteError, UNDONE, type Written } from "./write-result.ts";

/** One thing to write. */
export type Write =
  | { readonly kind: "change"; readonly change: PreparedChange }
  /** A change that is taken back, for what it would come to. */
  | { readonly kind: "trial"; readonly change: PreparedChange }
  /** A change that is to go to the log. */
  | { readonly kind: "settle"; readonly change: PreparedChange }
  /** What the log says next. */
  | { readonly kind: "entries"; readonly entries: readonly LogEntry[] }
  | SnapshotWrite
  | BranchFound
  /** Bars keys here, while the log is away. */
  | BarHere
  /** What was done here is in the log, and carried out. */
  | { readonly kind: "later-done"; readonly ids: readonly string[] }
  /** The log has it after all. */
  | { readonly kind: "branch-over" }
  | BranchLeft
  /** The replica was as far as the log: milliseconds since the epoch. */
  | { readonly kind: "up-to-date"; readonly at: number }
  | ServingWrite
  | SightingsWrite
  | SettingWrite
  | SessionWrite
  /** Of which other machines are to be told. */
  | { readonly kind: "shared"; readonly write: SightingsWrite | SettingWrite | SessionWrite }
  /** What other machines are to be told, this one being called so. */
  | { readonly kind: "untold"; readonly most: number; readonly machine: string }
  /** What other machines were told, and what they told. */
  | {
      readonly kind: "exchanged";
      readonly told: readonly UntoldRow[];
      readonly exchanged: Exchanged;
      readonly by: TakenBy;
    };

export interface SightingsWrite {
  readonly kind: "sightings";
  readonly by: SeenBy;
  readonly batch: SightingBatch;
}

export interface SettingWrite {
  readonly kind: "setting";
  readonly name: string;
  readonly value: string;
  /** What must be there until then, null for nothing; undefined for whatever there is. */
  readonly former: string | null | undefined;
}

interface BarHere {
  readonly kind: "bar-here";
  readonly change: PreparedBar | PreparedSetAside;
  /** By which it is appended later. */
  readonly id: string;
}

/** The log does not have the place that the replica stands at. */
interface BranchFound {
  readonly kind: "branch-found";
  readonly place: LogPlace;
  /** Where the log ends. */
  readonly head: LogPlace;
  readonly at: number;
}

/** What a replica begins with that has nothing of the log. */
type SnapshotWrite =
  | {
      readonly kind: "snapshot-part";
      readonly snapshot: Snapshot;
      readonly part: number;
      readonly bytes: Uint8Array;
    }
  | { readonly kind: "snapshot-end"; readonly snapshot: Snapshot }
  | { readonly kind: "snapshot-drop"; readonly snapshot: Pick<Snapshot, "id"> };

/** What others have, or tell again: a replica that lost the last of it is behind, and no more. */
const TOLD_AGAIN: ReadonlySet<Write["kind"]> = new Set([
  "settle",
  "trial",
  "entries",
  "snapshot-part",
  "snapshot-end",
  "snapshot-drop",
  "up-to-date",
  "untold",
  "exchanged",
]);

/** How much a replica writes before it is made part of the file, for which the disk is waited for: some 500 changes. */
const CHECKPOINT_PAGES = 8000;

const NOTHING = { ok: true, outcome: { kind: "changed", keys: [] } } as const satisfies Done;

/** Writes to a database, many writes in one durable transaction. */
export class SqliteWriter {
  readonly #database: DatabaseSync;
  readonly #journal: RowJournal;
  readonly #tables: JournaledTables;
  readonly #save: StatementSync;
  readonly #undo: StatementSync;
  readonly #release: StatementSync;
  readonly #begin: StatementSync;
  /** As `connect` has it. */
  #isSynced = true;
  #ownReplica: ReplicaWriter | undefined;
  #ownSnapshots: SnapshotLoader | undefined;
  #ownShared: SharedWriter | undefined;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#save = database.prepare("SAVEPOINT one_write");
    this.#undo = database.prepare("ROLLBACK TO one_write");
    this.#release = database.prepare("RELEASE one_write");
    this.#begin = database.prepare("BEGIN IMMEDIATE");
    this.#journal = new RowJournal(database);
    this.#tables = new JournaledTables(database, this.#journal);
  }

  /** One result per write, in order. A write that cannot be done leaves the others alone; a failed commit fails all that are in it. */
  write(writes: readonly Write[]): readonly Written[] {
    // What the log says is carried out at once only where nothing else is written with it.
    const at = writes.findIndex(({ kind }) => kind === "entries");
    if (at === -1 || writes.length === 1) return this.#writeTogether(writes);
    const parts = [writes.slice(0, at), writes.slice(at, at + 1), writes.slice(at + 1)];
    return parts.flatMap((part) => (part.length === 0 ? [] : this.write(part)));
  }

  #writeTogether(writes: readonly Write[]): readonly Written[] {
    const leaving = writes.find((write) => write.kind === "leave-branch");
    try {
      // Nothing can be attached in a transaction, nor be made for good in one that is taken back.
      if (leaving !== undefined) this.#database.prepare("ATTACH ? AS anew").run(leaving.anew);
      if (this.#ownShared === undefined && writes.some(isOfReplica)) this.#becomeReplica();
      this.#syncs(!writes.every(isToldAgain));
      this.#begin.run();
      const written = this.#followAtOnce(writes) ?? writes.map((write) => this.#one(write));
      this.#journal.keep();
      if (writes.every(isTried) && written.every(isTakenBack)) this.#database.exec("ROLLBACK");
      else this.#database.exec("COMMIT");
      if (!this.#isSynced && written.some(isKeptHere)) this.#makeDurable();
      return written;
    } catch (error) {
      this.#rollBack();
      this.#journal.takeBack(0);
      const failed = toWriteError(
        toStoreError(
          error,
          "ERR_HANDCLASP_STORE_WRITE",
          "cannot write to the trust store",
          this.#database.location(),
        ),
      );
      return writes.map(() => ({ ok: false, error: failed }));
    } finally {
      if (leaving !== undefined) this.#detach();
    }
  }

  /**
   * What the log says, without being able to take back one change of it: SQLite would copy each page that each of them
   * writes. Undefined where one has to be, and nothing is done yet.
   */
  #followAtOnce(writes: readonly Write[]): readonly Written[] | undefined {
    const [first, ...others] = writes;
    if (first?.kind !== "entries" || others.length > 0) return undefined;
    try {
      this.#shared.told(() => this.#replica.follow(first.entries, "at once"));
      return [NOTHING];
    } catch {
      this.#rollBack();
      this.#journal.takeBack(0);
      this.#begin.run();
      return undefined;
    }
  }

  /** What cannot be done in a transaction. */
  #becomeReplica(): void {
    this.#ownShared = new SharedWriter(this.#database);
    this.#database.exec(`PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
  }

  /** Whether commits are durable from now on, or come in their order to the disk and with the next that is. */
  #syncs(isSynced: boolean): void {
    if (isSynced === this.#isSynced) return;
    this.#database.exec(`PRAGMA synchronous = ${isSynced ? "FULL" : "NORMAL"}`);
    this.#isSynced = isSynced;
  }

  /** With a transaction that is, those before it are durable. */
  #makeDurable(): void {
    this.#syncs(true);
    this.#database.exec("UPDATE replica SET node = node");
  }

  #one(write: Write): Written {
    const mark = this.#journal.mark;
    this.#save.run();
    try {
      return this.#carryOut(write);
    } catch (error) {
      if (!isHandclaspError(error) && !isAboutOneStatement(error)) throw error;
      this.#undo.run();
      this.#journal.takeBack(mark);
      return { ok: false, error: toWriteError(toStoreError(error, "ERR_HANDCLASP_STORE_WRITE", UNDONE)) };
    } finally {
      if (this.#database.isTransaction) this.#release.run();
    }
  }

  #carryOut(write: Write): Done {
    switch (write.kind) {
      case "change":
        return { ok: true, outcome: applyChange(this.#tables, write.change) };
      case "trial": {
        const mark = this.#journal.mark;
        const outcome = applyChange(this.#tables, write.change);
        this.#undo.run();
        this.#journal.takeBack(mark);
        return { ok: true, outcome };
      }
      case "settle":
        return this.#replica.settle(write.change);
      case "entries":
        this.#shared.told(() => this.#replica.follow(write.entries, "one by one"));
        return NOTHING;
      case "snapshot-part":
      case "snapshot-end":
      case "snapshot-drop":
        this.#loadSnapshot(write);
        return NOTHING;
      case "bar-here":
        return this.#replica.barHere(write.change, write.id);
      case "later-done":
        this.#replica.haveDone(write.ids);
        return NOTHING;
      case "branch-found":
        this.#replica.noteBranch(write.place, write.head, write.at);
        return NOTHING;
      case "branch-over":
        this.#replica.endBranch();
        return NOTHING;
      case "leave-branch":
        this.#shared.told(() => this.#replica.leaveBranch(write));
        return NOTHING;
      case "shared":
        return this.#carryOut(write.write);
      case "untold":
        return { ...NOTHING, untold: this.#shared.untold(write.most, write.machine) };
      case "exchanged":
        return { ...NOTHING, ignored: this.#shared.exchanged(write.told, write.exchanged, write.by) };
      case "up-to-date":
        this.#database.prepare("UPDATE replica SET up_to_date_at = ?").run(write.at);
        return NOTHING;
      case "serving":
        putServing(this.#database, write);
        return NOTHING;
      case "sightings":
        recordSightings(this.#database, write.by, write.batch);
        return NOTHING;
      case "setting":
        this.#putSetting(write);
        return NOTHING;
      case "session":
        putSession(this.#database, write.session);
        return NOTHING;
      case "session-end":
        endSessions(this.#database, write);
        return NOTHING;
    }
  }

  /** Made by those only that follow a log. */
  get #replica(): ReplicaWriter {
    return (this.#ownReplica ??= new ReplicaWriter(this.#database, this.#journal));
  }

  /** Made by those only that have other machines to tell. */
  get #shared(): SharedWriter {
    return (this.#ownShared ??= new SharedWriter(this.#database));
  }

  get #snapshots(): SnapshotLoader {
    return (this.#ownSnapshots ??= new SnapshotLoader(this.#database));
  }

  #loadSnapshot(write: SnapshotWrite): void {
    if (write.kind === "snapshot-part") this.#snapshots.take(write.snapshot, write.part, write.bytes);
    else if (write.kind === "snapshot-end") this.#snapshots.finish(write.snapshot);
    else this.#snapshots.drop(write.snapshot);
  }

  #putSetting({ name, value, former }: SettingWrite): void {
    if (former !== undefined && (this.#tables.setting(name) ?? null) !== former) {
      throw settingConflict(name);
    }
    this.#tables.putSetting(name, value);
  }

  #detach(): void {
    try {
      this.#database.exec("DETACH anew");
    } catch {
      // It was never attached: that is what the writes failed by.
    }
  }

  #rollBack(): void {
    try {
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
    } catch {
      // SQLite has rolled back by itself: the first error is the one that counts.
    }
  }
}

function isToldAgain({ kind }: Write): boolean {
  return TOLD_AGAIN.has(kind);
}

function isOfReplica({ kind }: Write): boolean {
  return kind === "settle" || kind === "shared" || kind === "entries";
}

function isTried({ kind }: Write): boolean {
  return kind === "settle" || kind === "trial";
}

/** Whether nothing of it is left: what is to go to the log, what was a trial, and what failed. */
function isTakenBack(written: Written): boolean {
  return !written.ok || written.text !== null;
}

/** Whether what was settled waits here, and is not to go to the log. */
function isKeptHere(written: Written): boolean {
  return written.ok && written.text === null;
}
