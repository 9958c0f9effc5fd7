import type { Sql } from "postgres";
import { HandclaspError, reasonOf } from "../../errors.ts";
import type {
  Appender,
  ChangeLog,
  LogDraft,
  LogEntry,
  LogPlace,
  LogRead,
} from "../../trust/port/change-log.ts";
import { LOG_START } from "../../trust/port/change-log.ts";

interface Row {
  readonly standby: boolean;
  readonly head_position: string | null;
  readonly head_hash: string | null;
  readonly position: string | null;
  readonly id: string;
  readonly previous: string;
  readonly hash: string;
  readonly rules: number;
  readonly appended_by: string;
  readonly at: string;
  readonly change: string;
}

/** How long a change is sent again whose fate is not known. */
const ASK_AGAIN_MS = 5000;
const BETWEEN_MS = 100;

/** The log in a PostgreSQL database, in a schema that was made before. */
export class PostgresChangeLog implements ChangeLog {
  readonly #sql: Sql;
  readonly #schema: string;
  readonly #stops = new Set<() => void>();
  #isClosed = false;

  /** `sql` is ours from now on. */
  constructor(sql: Sql, schema: string) {
    this.#sql = sql;
    this.#schema = schema;
  }

  async append(drafts: readonly LogDraft[], { node, rules }: Appender): Promise<readonly number[]> {
    this.#mustBeOpen();
    const sent = JSON.stringify(drafts);
    const until = performance.now() + ASK_AGAIN_MS;
    let mayBeThere = false;
    for (;;) {
      try {
        const rows = await this.#sql<{ readonly append: string }[]>`
          SELECT ${this.#name("append")}(${sent}::text::json, ${rules}::int, ${node}::uuid) AS append`;
        return rows.map(({ append }) => Number(append));
      } catch (error) {
        mayBeThere ||= isCut(error);
        if (!mayBeThere) throw unwritten(error);
        if (this.#isClosed || performance.now() >= until) throw unknownOutcome(error);
        await new Promise((resolve) => setTimeout(resolve, BETWEEN_MS));
      }
    }
  }

  async read(after: LogPlace, most: number): Promise<LogRead> {
    this.#mustBeOpen();
    try {
      const rows = await this.#sql<Row[]>`
        SELECT * FROM ${this.#name("read_log")}(${after.position}::bigint, ${most}::int)`;
      return toRead(rows, after, most);
    } catch (error) {
      throw unread(error);
    }
  }

  onMore(listener: () => void): () => void {
    let isStopped = false;
    const listening = this.#sql.listen(this.#schema, listener, listener);
    const stop = (): void => {
      if (isStopped) return;
      isStopped = true;
      this.#stops.delete(stop);
      void listening.then((heard) => heard.unlisten()).catch(() => undefined);
    };
    listening.catch(() => undefined);
    this.#stops.add(stop);
    return stop;
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#stops.clear();
    await this.#sql.end({ timeout: 1 });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #name(name: string): ReturnType<Sql["unsafe"]> {
    return this.#sql.unsafe(`${this.#schema}.${name}`);
  }

  #mustBeOpen(): void {
    if (this.#isClosed) throw new HandclaspError("ERR_HANDCLASP_STORE_CLOSED", "the log is closed");
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
  if (after.position === 0) return { follows: true, entries: entries.slice(0, most), head, isPrimary };
  const [own, ...more] = entries;
  const follows = own?.position === after.position && own.hash === after.hash;
  return { follows, entries: follows ? more : [], head, isPrimary };
}

function toEntry({ position, id, previous, hash, rules, appended_by, at, change }: Row): LogEntry {
  return { position: Number(position), id, previous, hash, rules, appendedBy: appended_by, at, change };
}

/** Whether the connection broke when something may have been sent by it. */
function isCut(error: unknown): boolean {
  const code = error instanceof Error ? (error as { readonly code?: unknown }).code : undefined;
  return (
    code === "CONNECTION_CLOSED" ||
    code === "CONNECTION_DESTROYED" ||
    code === "ECONNRESET" ||
    code === "EPIPE"
  );
}

function unwritten(cause: unknown): HandclaspError {
  return new HandclaspError("ERR_HANDCLASP_STORE_WRITE", `cannot append to the log: ${reasonOf(cause)}`, {
    cause,
  });
}

function unread(cause: unknown): HandclaspError {
  return new HandclaspError("ERR_HANDCLASP_STORE_READ", `cannot read the log: ${reasonOf(cause)}`, { cause });
}

function unknownOutcome(cause: unknown): HandclaspError {
  const what = "the connection broke while a change was appended, and the log cannot be asked whether it was";
  return new HandclaspError("ERR_HANDCLASP_OUTCOME_UNKNOWN", `${what}: ${reasonOf(cause)}`, {
    hint: "look at what there is once the database answers, and do it again if it is not there",
    cause,
  });
}
