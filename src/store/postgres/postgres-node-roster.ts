import type { Sql } from "postgres";
import { type HandclaspError, hasCode } from "../../errors.ts";
import {
  type Beat,
  type KnownNode,
  NODE_KEPT_MS,
  type NodeReport,
  type NodeRoster,
} from "../../trust/port/node-roster.ts";
import { escapeText } from "../../trust/naming/peer-name.ts";
import { databaseFailure } from "./database-failure.ts";
import { explained } from "./lock-holders.ts";
import { parseNodeReport } from "./parse-node-report.ts";
import type { Pool } from "./pool.ts";

interface Row {
  readonly id: string;
  readonly report: string;
  readonly seen_at: string;
  readonly doubled: boolean;
}

interface RulesRow {
  readonly rules: number;
}

/** PostgreSQL's code for what a standby, or one that was set so, may not do. */
const READ_ONLY = "25006";

/** And for one that lets nobody in yet, or never, being a copy that nobody is to read. */
const NOT_OPEN = "57P03";

/** And where what was there is gone. */
const NO_SCHEMA = "3F000";
const NO_FUNCTION = "42883";

interface RosterOptions {
  /** What answers cannot be written. */
  readonly onCopy?: () => void;
  /** What answers lets nobody in. */
  readonly onNotOpen?: () => void;
}

/** The roster in a PostgreSQL database, in a schema that was made before. */
export class PostgresNodeRoster implements NodeRoster {
  readonly #pool: Pool;
  readonly #options: RosterOptions;

  constructor(pool: Pool, options: RosterOptions = {}) {
    this.#pool = pool;
    this.#options = options;
  }

  async beat({ id, runOn = "", ...report }: NodeReport): Promise<Beat> {
    const { name, rules } = report;
    const text = JSON.stringify(report);
    return this.#beat(
      `the machine ${escapeText(name)} cannot say in the database how far it is`,
      (sql) => sql<RulesRow[]>`
        SELECT ${this.#pool.name(sql, "beat")}(
          ${id}::uuid, ${name}::text, ${rules}::int, ${text}::text, ${runOn}::text, ${NODE_KEPT_MS}::bigint) AS rules
        WHERE ${this.#pool.isOurs(sql)}`,
    );
  }

  visit(): Promise<Beat> {
    return this.#beat(
      "it cannot be seen whether the database can be written",
      (sql) =>
        sql<RulesRow[]>`SELECT ${this.#pool.name(sql, "visit")}() AS rules WHERE ${this.#pool.isOurs(sql)}`,
    );
  }

  async #beat(failed: string, query: (sql: Sql) => Promise<readonly RulesRow[]>): Promise<Beat> {
    try {
      const rows = await query(await this.#pool.sql());
      if (rows.length === 0) throw await this.#pool.whyNone();
      return { rules: rulesOf(rows), isWritten: true };
    } catch (error) {
      if (hasCode(error, NO_SCHEMA) || hasCode(error, NO_FUNCTION)) this.#pool.seeAgain();
      if (hasCode(error, NOT_OPEN)) this.#options.onNotOpen?.();
      if (!hasCode(error, READ_ONLY)) throw unwritten(failed, await explained(error, this.#pool));
      return await this.#beatOfCopy();
    }
  }

  /** A copy of a database in which nothing was made yet is one, too. */
  async #beatOfCopy(): Promise<Beat> {
    try {
      return { rules: await this.rules(), isWritten: false };
    } finally {
      this.#options.onCopy?.();
    }
  }

  async nodes(): Promise<readonly KnownNode[]> {
    const rows = await this.#read(
      (sql) => sql<Row[]>`SELECT * FROM ${this.#pool.name(sql, "known_nodes")}()`,
    );
    return rows.map(toNode);
  }

  async rules(): Promise<number> {
    const rows = await this.#read(
      (sql) => sql<RulesRow[]>`SELECT ${this.#pool.name(sql, "rules")}() AS rules`,
    );
    return rulesOf(rows);
  }

  async raiseRules(to: number): Promise<readonly KnownNode[]> {
    const rows = await this.#written(
      `the rules that the machines go by cannot be raised to ${to}`,
      (sql) => sql<Row[]>`SELECT * FROM ${this.#pool.name(sql, "raise_rules")}(${to}::int)`,
    );
    return rows.map(toNode);
  }

  async forget(id: string): Promise<void> {
    await this.#written(
      `the machine ${id} cannot be taken off the list`,
      (sql) => sql`SELECT ${this.#pool.name(sql, "forget_node")}(${id}::uuid)`,
    );
  }

  async #written<T>(failed: string, query: (sql: Sql) => Promise<T>): Promise<T> {
    try {
      return await query(await this.#pool.sql());
    } catch (error) {
      throw unwritten(failed, await explained(error, this.#pool));
    }
  }

  async #read<T>(query: (sql: Sql) => Promise<T>): Promise<T> {
    try {
      return await query(await this.#pool.sql());
    } catch (error) {
      throw databaseFailure("ERR_HANDCLASP_STORE_READ", "cannot read the machines of the cluster", error);
    }
  }
}

function rulesOf([row]: readonly RulesRow[]): number {
  if (row === undefined) throw new Error("the database answered nothing");
  return row.rules;
}

function toNode({ id, report, seen_at: seenAt, doubled }: Row): KnownNode {
  return { ...parseNodeReport(id, report), seenAt: Number(seenAt), ...(doubled && { isDoubled: true }) };
}

function unwritten(failed: string, cause: unknown): HandclaspError {
  return databaseFailure("ERR_HANDCLASP_STORE_WRITE", failed, cause);
}
