import type { DatabaseSync } from "node:sqlite";
import type { SharedKind } from "../../../trust/port/shared-rows.ts";
import { rankOf } from "./shared-kinds.ts";

/**
 * What a write says of this machine: `told` is what others have told it, or the log: nothing of it is news but that a key
 * does not wait any more; `taken` is what others wrote: none of it is.
 */
export type WriteOrigin = "own" | "told" | "taken";

/** Has every row that is written by this connection, and that others are to be told of, marked in the same transaction. */
export class UntoldMarks {
  #origin: WriteOrigin = "own";

  constructor(database: DatabaseSync) {
    database.function("is_own", () => (this.#origin === "own" ? 1 : 0));
    database.function("is_told", () => (this.#origin === "told" ? 1 : 0));
    for (const [at, trigger] of TRIGGERS.entries())
      database.exec(`CREATE TEMP TRIGGER IF NOT EXISTS untold_${at} AFTER ${trigger} END`);
  }

  /** Runs with another origin of what is written. */
  during<T>(origin: WriteOrigin, run: () => T): T {
    const before = this.#origin;
    this.#origin = origin;
    try {
      return run();
    } finally {
      this.#origin = before;
    }
  }
}

function mark(kind: SharedKind, key: string): string {
  return `INSERT INTO untold (rank, key) VALUES (${rankOf(kind)}, ${key})
    ON CONFLICT (rank, key) DO UPDATE SET mark = mark + 1;`;
}

/** Of something that was not there before: until others are told of it, its end is nothing to tell. */
function markNew(kind: SharedKind, key: string, isSo = "1"): string {
  return `INSERT INTO untold (rank, key, is_new) SELECT ${rankOf(kind)}, ${key}, 1 WHERE ${isSo}
    ON CONFLICT (rank, key) DO UPDATE SET mark = mark + 1;`;
}

function markGone(kind: SharedKind, key: string): string {
  const isThere = `rank = ${rankOf(kind)} AND key = ${key} AND is_new`;
  return `INSERT INTO untold (rank, key) SELECT ${rankOf(kind)}, ${key} WHERE NOT EXISTS (SELECT 1 FROM untold WHERE ${isThere})
    ON CONFLICT (rank, key) DO UPDATE SET mark = mark + 1;
    DELETE FROM untold WHERE ${isThere};`;
}

/** Rows of one table, each told by itself. */
function rows(
  kind: SharedKind,
  table: string,
  key: string,
  isNews: (row: "NEW" | "OLD") => string,
): readonly string[] {
  const keyOf = (row: string): string => key.replaceAll("ROW", row);
  return [
    `INSERT ON main.${table} WHEN ${isNews("NEW")} BEGIN ${markNew(kind, keyOf("NEW"))}`,
    `UPDATE ON main.${table} WHEN ${isNews("NEW")} BEGIN ${mark(kind, keyOf("NEW"))}`,
    `DELETE ON main.${table} WHEN ${isNews("OLD")} BEGIN ${markGone(kind, keyOf("OLD"))}`,
  ];
}

/** Moments of one table, of which the latest counts. */
interface Moments {
  readonly kind: SharedKind;
  readonly table: string;
  readonly key: string;
  readonly column: string;
}

/** Of those that are gone with what they are about, whoever says so is told. */
function moments(
  { kind, table, key, column }: Moments,
  isNews: (row: string) => string = () => "1",
): readonly string[] {
  const trigger = (what: string, row: "NEW" | "OLD", isOther: string): string =>
    `${what} ON main.${table} WHEN ${isOther} AND ${isNews(row)} BEGIN ${mark(kind, `${row}.${key}`)}`;
  return [
    trigger("UPDATE", "NEW", `NEW.${column} > OLD.${column} AND is_own()`),
    trigger("DELETE", "OLD", `is_told() AND OLD.${column} > 0`),
  ];
}

/** The first moment of something, whose row is not there before. */
function firstMoment({ kind, table, key, column }: Moments): string {
  return `INSERT ON main.${table} WHEN NEW.${column} > 0 AND is_own() BEGIN ${mark(kind, `NEW.${key}`)}`;
}

const SEEN: Moments = { kind: "seen", table: "seen", key: "pin", column: "last_seen" };
const LOOKED: Moments = { kind: "looked", table: "looked", key: "pin", column: "at" };
const USED: Moments = { kind: "used", table: "api_token_uses", key: "id", column: "last_used" };

function isWaiting(row: string): string {
  return `${row}.state = 'pending' AND ${row}.expires IS NOT NULL AND ${row}.note IS NULL`;
}

const TRIGGERS: readonly string[] = [
  // Of keys that wait nobody is told by it: there is a row for each of them. None is inserted: a key comes with its own.
  ...moments(
    SEEN,
    (row) =>
      `NOT ${waited(row)} AND NOT EXISTS (SELECT 1 FROM main.keys AS k WHERE k.pin = ${row}.pin AND ${isWaiting("k")})`,
  ),
  firstMoment(LOOKED),
  ...moments(LOOKED),
  firstMoment(USED),
  ...moments(USED),
  ...rows("refusal", "refusals", "ROW.place", (row) => `is_own() AND ${row}.node IS NULL`),
  ...rows("run", "runs", "ROW.id", (row) => `is_own() AND ${row}.node IS NULL`),
  ...rows("connection", "connections", "ROW.run || ' ' || ROW.id", () => "is_own()"),
  ...rows("session", "sessions", "ROW.hash", () => "is_own()"),
  ...rows(
    "setting",
    "settings",
    "ROW.name",
    (row) =>
      `is_own() AND ${row}.name NOT LIKE 'dropped-%' AND ${row}.name <> 'server' AND ${row}.name NOT LIKE 'server:%'`,
  ),
  // Of what is written `WaitingMarks` says so.
  // What the log brings is removed before it is written anew.
  `DELETE ON main.keys WHEN is_told() AND ${waited("OLD")} BEGIN ${mark("waiting", "OLD.pin")}`,
  `DELETE ON main.keys WHEN is_own() AND ${waited("OLD")} BEGIN
     DELETE FROM waiting_at WHERE pin = OLD.pin AND node = ''
       AND EXISTS (SELECT 1 FROM untold WHERE rank = ${rankOf("waiting")} AND key = OLD.pin AND is_new);
     ${markGone("waiting", "OLD.pin")}`,
];

/** Whether others were told, or are to be, that a key waits here. */
function waited(row: string): string {
  return `EXISTS (SELECT 1 FROM main.waiting_at WHERE pin = ${row}.pin AND node = '')`;
}
