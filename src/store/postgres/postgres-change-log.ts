import { HandclaspError, hasCode, reasonOf } from "../../errors.ts";
import type {
  Appender,
  ChangeLog,
  LogDraft,
  LogEntry,
  LogPlace,
  LogRead,
} from "../../trust/port/change-log.ts";
import { LOG_START } from "../../trust/port/change-log.ts";
import { databaseFailure } from "./database-failure.ts";
import { explained } from "./lock-holders.ts";
import { Notifications } from "./notifications.ts";
import { escapeText } from "../../trust/naming/peer-name.ts";
import type { Pool } from "./pool.ts";

interface Row {
  readonly standby: boolean;
  readonly head_position: string | null;
  readonly head_hash: string | null;
  /** Null where this and all that follows is no entry; the owner of the log may leave out one of them as well. */
  readonly position: string | null;
  readonly id: string | null;
  readonly previous: string | null;
  readonly hash: string | null;
  readonly rules: number | null;
  readonly appended_by: string | null;
  readonly at: string | null;
  readonly change: string | null;
}

/** How long a change is sent again whose fate is not known. */
const ASK_AGAIN_MS = 5000;
const BETWEEN_MS = 100;

/** The log in a PostgreSQL database, in a schema that was made before. */
export class PostgresChangeLog implements ChangeLog {
  readonly #pool: Pool;
  /** Of whoever listened last. */
  #heard: Notifications | undefined;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async append(drafts: readonly LogDraft[], { node, rules }: Appender): Promise<readonly number[]> {
    const sent = JSON.stringify(drafts);
    const until = performance.now() + ASK_AGAIN_MS;
    let mayBeThere = false;
    for (;;) {
      try {
        const sql = await this.#pool.sql();
        const rows = await sql<{ readonly append: string }[]>`
          SELECT ${this.#pool.name(sql, "append")}(${sent}::text::json, ${rules}::int, ${node}::uuid) AS append
          WHERE ${this.#pool.isOurs(sql)}`;
        if (rows.length < drafts.length) throw await this.#pool.whyNone();
        return rows.map(({ append }) => Number(append));
      } catch (error) {
        mayBeThere ||= isCut(error);
        if (!mayBeThere)
          throw databaseFailure(
            "ERR_HANDCLASP_STORE_WRITE",
            "cannot append to the log",
            await explained(error, this.#pool),
          );
        if (this.#pool.isClosed || performance.now() >= until) throw unknownOutcome(error);
        await new Promise((resolve) => setTimeout(resolve, BETWEEN_MS));
      }
    }
  }

  async read(after: LogPlace, most: number): Promise<LogRead> {
    return toRead(await this.#read(after.position, most), after, most);
  }

  async begins(): Promise<number> {
    const [first] = await this.#read(0, 1);
    return Number(first?.position ?? 1);
  }

  /** From a position on; one row that is no entry where there is none. */
  async #read(from: number, most: number): Promise<readonly Row[]> {
    try {
      const sql = await this.#pool.sql();
      const rows = await sql<Row[]>`
        SELECT * FROM ${this.#pool.name(sql, "read_log")}(${from}::bigint, ${most}::int)
        WHERE ${this.#pool.isOurs(sql)}`;
      if (rows.length === 0) throw await this.#pool.whyNone();
      return rows;
    } catch (error) {
      throw databaseFailure("ERR_HANDCLASP_STORE_READ", "cannot read the log", error);
    }
  }

  async cutBefore(position: number): Promise<number> {
    try {
      const sql = await this.#pool.sql();
      const log = this.#pool.name(sql, "change_log");
      const { count } = await sql`
        DELETE FROM ${log} WHERE position < least(${position}::bigint, (SELECT max(position) FROM ${log}))`;
      return count;
    } catch (error) {
      throw uncut(error, hasCode(error, "42501") ? await this.#owner() : undefined);
    }
  }

  /** Who may what others may not; undefined where that cannot be found out. */
  async #owner(): Promise<string | undefined> {
    try {
      const sql = await this.#pool.sql();
      const [row] = await sql<{ readonly owner: string }[]>`
        SELECT pg_get_userbyid(nspowner) AS owner FROM pg_namespace WHERE nspname = ${this.#pool.schema}`;
      return row?.owner;
    } catch {
      return undefined;
    }
  }

  get tells(): boolean {
    return this.#heard?.come === true;
  }

  onMore(listener: (position?: number) => void): () => void {
    const heard = new Notifications(this.#pool, (said) => listener(toPosition(said)));
    this.#heard = heard;
    return () => heard.stop();
  }
}

/** The first row is where whoever reads stands, unless that is the start. */
function toRead(rows: readonly Row[], after: LogPlace, most: number): LogRead {
  const [first] = rows;
  if (first === undefined) throw new Error("the database answered nothing");
  const { standby, head_position: end, head_hash: hash } = first;
  const head = end === null || hash === null ? LOG_START : { position: Number(end), hash };
  const entries = rows.filter(({ position }) => position !== null).map(toEntry);
  const isPrimary = !standby;
  if (after.position === 0) {
    const isWhole = entries.length === 0 || entries[0]?.position === 1;
    return { follows: isWhole, entries: isWhole ? entries.slice(0, most) : [], head, isPrimary };
  }
  const [own, ...more] = entries;
  const follows = own?.position === after.position && own.hash === after.hash;
  return { follows, entries: follows ? more : [], head, isPrimary };
}

/** What is left out makes no sense: whoever follows the log says so. */
function toEntry({ position, id, previous, hash, rules, appended_by, at, change }: Row): LogEntry {
  return {
    position: Number(position),
    id: id ?? "",
    previous: previous ?? "",
    hash: hash ?? "",
    rules: rules ?? 0,
    appendedBy: appended_by ?? "",
    at: at ?? "",
    change: change ?? "",
  };
}

/** Undefined where nothing was said of it. */
function toPosition(said: string): number | undefined {
  const position = Number(said);
  return said === "" || !Number.isSafeInteger(position) ? undefined : position;
}

/** Whether the connection broke when something may have been sent by it; that none was made is no such thing. */
function isCut(error: unknown): boolean {
  const code = codeOf(error);
  return typeof code === "string" && CUT.has(code);
}

/** PostgreSQL's: it was shut down, which may have been behind a commit that waits for a standby. */
const CUT: ReadonlySet<string> = new Set([
  "57P01",
  "57P02",
  "CONNECTION_CLOSED",
  "CONNECTION_DESTROYED",
  "ECONNABORTED",
  "ECONNRESET",
  "EHOSTUNREACH",
  "ENETDOWN",
  "ENETUNREACH",
  "EPIPE",
  "ETIMEDOUT",
]);

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}

function uncut(cause: unknown, owner: string | undefined): HandclaspError {
  return new HandclaspError("ERR_HANDCLASP_STORE_WRITE", `cannot cut the log: ${reasonOf(cause)}`, {
    cause,
    ...(owner !== undefined && {
      hint: `the role ${escapeText(owner)} may, which owns the schema: name it in the URL`,
    }),
  });
}

function unknownOutcome(cause: unknown): HandclaspError {
  const what = "the connection broke while a change was appended, and the log cannot be asked whether it was";
  return new HandclaspError("ERR_HANDCLASP_OUTCOME_UNKNOWN", `${what}: ${reasonOf(cause)}`, {
    hint: "look at what there is once the database answers, and do it again if it is not there",
    cause,
  });
}
