import type { ListenMeta } from "postgres";
import { HandclaspError, reasonOf } from "../../errors.ts";
import {
  type Exchanged,
  MOST_READ,
  type ReadRow,
  type SharedKind,
  type SharedPlace,
  type SharedRow,
  type SharedRows,
} from "../../trust/port/shared-rows.ts";
import { settingConflict } from "../log/setting-conflict.ts";
import { databaseFailure } from "./database-failure.ts";
import { explained } from "./lock-holders.ts";
import type { Pool } from "./pool.ts";

interface Answer {
  readonly epoch: string;
  readonly revision: number;
  readonly since: number;
  readonly whole: boolean;
  readonly more: boolean;
  readonly rows: readonly (readonly [SharedKind, string, string | null, string | null, number, number])[];
}

/** How much is read at a time, in bytes of values. */
const MOST_READ_BYTES = 4 * 1024 * 1024;

/** The rows in a PostgreSQL database, in a schema that was made before. */
export class PostgresSharedRows implements SharedRows {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async exchange(rows: readonly SharedRow[], node: string, after: SharedPlace): Promise<Exchanged> {
    const { epoch, revision, since } = after;
    const sent = JSON.stringify(rows);
    try {
      const sql = await this.#pool.sql();
      const [answer] = await sql<{ readonly answer: string }[]>`
        SELECT ${this.#pool.name(sql, "exchange")}(${node}::uuid, ${sent}::text::json, ${epoch}::text,
          ${revision}::bigint, ${since}::bigint, ${MOST_READ}::int, ${MOST_READ_BYTES}::int) AS answer
        WHERE ${this.#pool.isOurs(sql)}`;
      if (answer === undefined) throw await this.#pool.whyNone();
      return toExchanged(JSON.parse(answer.answer) as Answer);
    } catch (error) {
      throw await this.#unwritten(error);
    }
  }

  async putSetting(name: string, value: string, former: string | null, node: string): Promise<void> {
    let isPut: boolean | undefined;
    try {
      const sql = await this.#pool.sql();
      const [row] = await sql<{ readonly put: boolean }[]>`
        SELECT ${this.#pool.name(sql, "put_setting")}(
          ${node}::uuid, ${name}::text, ${former}::text, ${value}::text) AS put`;
      isPut = row?.put;
    } catch (error) {
      throw await this.#unwritten(error);
    }
    if (isPut !== true) throw settingConflict(name);
  }

  onMore(listener: () => void): () => void {
    const state: Listening = { isStopped: false };
    void this.#listen(listener, state);
    return () => {
      state.isStopped = true;
      clearTimeout(state.timer);
      void state.heard?.unlisten().catch(() => undefined);
    };
  }

  async #unwritten(error: unknown): Promise<HandclaspError> {
    if (isAboutRows(error)) return unkept(error);
    const why = await explained(error, this.#pool);
    return databaseFailure(
      "ERR_HANDCLASP_STORE_WRITE",
      "this machine cannot tell the others what it saw, and hear what they did",
      why,
    );
  }

  async #listen(listener: () => void, state: Listening): Promise<void> {
    try {
      const sql = await this.#pool.sql();
      // Whatever happened before one could hear is heard of now.
      state.heard = await sql.listen(`${this.#pool.schema}_rows`, listener, listener);
      if (state.isStopped) await state.heard.unlisten();
    } catch {
      // The driver listens again by itself once it did; before that, it has to be asked.
      if (!state.isStopped)
        state.timer = setTimeout(() => void this.#listen(listener, state), AGAIN_MS).unref();
    }
  }
}

interface Listening {
  isStopped: boolean;
  timer?: NodeJS.Timeout;
  heard?: ListenMeta;
}

/** When it is tried again to listen. */
const AGAIN_MS = 5000;

function toExchanged({ epoch, revision, since, whole, more, rows }: Answer): Exchanged {
  return {
    rows: rows.map(([kind, key, node, value, at, ageMs]): ReadRow => ({ kind, key, node, value, at, ageMs })),
    place: { epoch, revision, since },
    isWhole: whole,
    hasMore: more,
  };
}

/** SQLSTATE classes 21, 22 and 23, and limits: the same rows fail again. */
function isAboutRows(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" && /^(?:2[123]|54)[0-9A-Z]{3}$/.test(code);
}

function unkept(cause: unknown): HandclaspError {
  const message = `the machines of the cluster cannot share this: ${reasonOf(cause)}`;
  return new HandclaspError("ERR_HANDCLASP_OPTION", message, { cause });
}
