import type { DatabaseSync, StatementSync } from "node:sqlite";
import { type ErrorCode, HandclaspError, isHandclaspError } from "../../../errors.ts";
import { applyChange } from "../../../trust/changes/apply-change.ts";
import type { Outcome } from "../../../trust/records/change.ts";
import type { PreparedChange } from "../../../trust/changes/prepared-change.ts";
import type { SightingBatch } from "../../../trust/port/ledger.ts";
import { endSessions, putSession, type SessionWrite } from "../desk/session-rows.ts";
import { recordSightings, type SeenBy } from "../sightings/sightings.ts";
import { isAboutOneStatement, toStoreError } from "../file/sqlite-errors.ts";
import { SqliteTables } from "../tables/sqlite-tables.ts";

/** One thing to write. */
export type Write =
  | { readonly kind: "change"; readonly change: PreparedChange }
  /** A change that is taken back, for what it would come to. */
  | { readonly kind: "trial"; readonly change: PreparedChange }
  | SightingsWrite
  | SettingWrite
  | SessionWrite;

export interface SightingsWrite {
  readonly kind: "sightings";
  readonly by: SeenBy;
  readonly batch: SightingBatch;
}

interface SettingWrite {
  readonly kind: "setting";
  readonly name: string;
  readonly value: string;
  /** What must be there until then, null for nothing; undefined for whatever there is. */
  readonly former: string | null | undefined;
}

/** What became of it; plain data, so that it can cross threads. */
export type Written =
  | { readonly ok: true; readonly outcome: Outcome }
  | { readonly ok: false; readonly error: WriteError };

export interface WriteError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string | undefined;
  readonly remedies: HandclaspError["remedies"];
  readonly details: Readonly<Record<string, unknown>>;
  /** What was thrown, as far as it can cross threads; null when nothing was but this. */
  readonly cause: WriteCause | null;
}

interface WriteCause {
  readonly message: string;
  readonly code: unknown;
  readonly errcode: unknown;
}

const UNDONE = "this cannot be written to the trust store";
const NOTHING: Outcome = { kind: "changed", keys: [] };

/** Writes to a database, many writes in one durable transaction. */
export class SqliteWriter {
  readonly #database: DatabaseSync;
  readonly #tables: SqliteTables;
  readonly #save: StatementSync;
  readonly #undo: StatementSync;
  readonly #release: StatementSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#save = database.prepare("SAVEPOINT one_write");
    this.#undo = database.prepare("ROLLBACK TO one_write");
    this.#release = database.prepare("RELEASE one_write");
    this.#tables = new SqliteTables(database);
  }

  /** One result per write, in order. A write that cannot be done leaves the others alone; a failed commit fails all. */
  write(writes: readonly Write[]): readonly Written[] {
    try {
      this.#database.exec("BEGIN IMMEDIATE");
      const written = writes.map((write) => this.#one(write));
      this.#database.exec("COMMIT");
      return written;
    } catch (error) {
      this.#rollBack();
      const failed = toWriteError(
        toStoreError(
          error,
          "ERR_HANDCLASP_STORE_WRITE",
          "cannot write to the trust store",
          this.#database.location(),
        ),
      );
      return writes.map(() => ({ ok: false, error: failed }));
    }
  }

  #one(write: Write): Written {
    this.#save.run();
    try {
      return { ok: true, outcome: this.#carryOut(write) };
    } catch (error) {
      if (!isHandclaspError(error) && !isAboutOneStatement(error)) throw error;
      this.#undo.run();
      return { ok: false, error: toWriteError(toStoreError(error, "ERR_HANDCLASP_STORE_WRITE", UNDONE)) };
    } finally {
      if (this.#database.isTransaction) this.#release.run();
    }
  }

  #carryOut(write: Write): Outcome {
    switch (write.kind) {
      case "change":
        return applyChange(this.#tables, write.change);
      case "trial": {
        const outcome = applyChange(this.#tables, write.change);
        this.#undo.run();
        return outcome;
      }
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

  #putSetting({ name, value, former }: SettingWrite): void {
    if (former !== undefined && (this.#tables.setting(name) ?? null) !== former) {
      throw new HandclaspError(
        "ERR_HANDCLASP_CONFLICT",
        `the setting "${name}" was written by somebody else`,
      );
    }
    this.#tables.putSetting(name, value);
  }

  #rollBack(): void {
    try {
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
    } catch {
      // SQLite has rolled back by itself: the first error is the one that counts.
    }
  }
}

function toWriteError(error: HandclaspError): WriteError {
  const { code, message, hint, remedies, details, cause } = error;
  return {
    code,
    message,
    hint,
    remedies,
    details,
    cause: cause instanceof Error ? toWriteCause(cause) : null,
  };
}

export function fromWriteError({
  code,
  message,
  hint,
  remedies,
  details,
  cause,
}: WriteError): HandclaspError {
  return new HandclaspError(code, message, {
    details,
    remedies,
    ...(hint !== undefined && { hint }),
    ...(cause !== null && {
      cause: Object.assign(new Error(cause.message), { code: cause.code, errcode: cause.errcode }),
    }),
  });
}

function toWriteCause(cause: Error): WriteCause {
  const { code, errcode } = cause as { code?: unknown; errcode?: unknown };
  return { message: cause.message, code, errcode };
}
