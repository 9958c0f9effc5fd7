import type { ISql, Sql } from "postgres";
import { HandclaspError, hasCode, reasonOf } from "../../errors.ts";
import { identifier } from "./explain-refused.ts";
import { MIGRATIONS } from "./schema/migrations.ts";
import { numbersSchema } from "./schema/numbers.ts";

/** The oldest PostgreSQL that will do, as it numbers itself. */
const OLDEST = 130_000;

/** What a schema had of us, and has. */
export interface Migrated {
  /** The number that it was at: 0 where nothing of ours was. */
  readonly from: number;
  readonly to: number;
}

type Migrations = readonly ((schema: string) => string)[];

/**
 * Brings a schema to the number that this version knows, in one transaction; one that is beyond that stays as it is. Asks
 * for a role that may make things there: they are its own from then on. Throws ERR_HANDCLASP_STORE_OPEN.
 */
export async function migrate(
  sql: Sql,
  schema: string,
  migrations: Migrations = MIGRATIONS,
): Promise<Migrated> {
  let isEmpty = false;
  try {
    return await sql.begin(async (transaction) => {
      await mustBeRecent(transaction);
      await transaction`SET LOCAL lock_timeout = '10s'`;
      await transaction`SELECT pg_advisory_xact_lock(hashtextextended(${`${schema}.migrations`}, 0))`;
      const from = await numberOf(transaction, schema);
      isEmpty = from === undefined;
      if (isEmpty) await begin(transaction, schema);
      for (const [at, migration] of migrations.entries()) {
        if (at < (from ?? 0)) continue;
        await transaction.unsafe(migration(schema));
        await transaction.unsafe(`INSERT INTO ${schema}.migrations VALUES (${at + 1})`);
      }
      return { from: from ?? 0, to: Math.max(from ?? 0, migrations.length) };
    });
  } catch (error) {
    throw isEmpty && hasCode(error, "42501")
      ? unmade(error, schema, sql.options.user)
      : unprepared(error, schema);
  }
}

/**
 * Sees that a schema is one that this version can work with, and makes all of it where nothing is: whatever comes later
 * is for an operator to bring about. Throws ERR_HANDCLASP_STORE_OPEN.
 */
export async function prepareSchema(
  sql: Sql,
  schema: string,
  migrations: Migrations = MIGRATIONS,
): Promise<void> {
  const number = await schemaNumber(sql, schema);
  if (number === undefined) await migrate(sql, schema, migrations);
  else if (number < migrations.length) throw behind(schema, number, migrations.length);
}

/**
 * The same where nothing is to be made: for a replica that has followed what was there, and for who looks only. Throws
 * ERR_HANDCLASP_STORE_OPEN.
 */
export async function mustBePrepared(sql: Sql, schema: string, wasThere: boolean): Promise<void> {
  const number = await schemaNumber(sql, schema);
  if (number === undefined) throw wasThere ? gone(schema) : notYet(schema);
  if (number < MIGRATIONS.length) throw behind(schema, number, MIGRATIONS.length);
}

/** Which cluster a schema is of: a UUID that it was given when it was made, and that copies of the database have too. */
export async function clusterIn(sql: Sql, schema: string): Promise<string> {
  const [row] = await sql.unsafe<{ readonly cluster: string }[]>(`SELECT ${schema}.cluster() AS cluster`);
  if (row === undefined) throw new Error("the database answered nothing");
  return row.cluster;
}

/** The number that a schema is at; undefined where nothing of ours is. Throws ERR_HANDCLASP_STORE_OPEN. */
export async function schemaNumber(sql: Sql, schema: string): Promise<number | undefined> {
  try {
    await mustBeRecent(sql);
    return await numberOf(sql, schema);
  } catch (error) {
    // What is made says its number to whom it was granted to.
    throw hasCode(error, "42501") ? ungranted(error, schema, sql.options.user) : unprepared(error, schema);
  }
}

async function mustBeRecent(sql: ISql): Promise<void> {
  const [row] = await sql<{ readonly number: number; readonly version: string }[]>`
    SELECT current_setting('server_version_num')::int AS number, current_setting('server_version') AS version`;
  if (row !== undefined && row.number >= OLDEST) return;
  throw new HandclaspError(
    "ERR_HANDCLASP_STORE_OPEN",
    `this is PostgreSQL ${row?.version}, and 13 or later is needed`,
  );
}

async function numberOf(sql: ISql, schema: string): Promise<number | undefined> {
  const [{ found } = { found: null }] = await sql<{ readonly found: string | null }[]>`
    SELECT p.oid AS found FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace
    WHERE n.nspname = ${schema} AND p.proname = 'schema_number'`;
  if (found === null) return undefined;
  const [row] = await sql.unsafe<{ readonly number: number }[]>(`SELECT ${schema}.schema_number() AS number`);
  return row?.number;
}

/** A schema that an owner was given beforehand is taken, if it is empty. */
async function begin(sql: ISql, schema: string): Promise<void> {
  const [row] = await sql<{ readonly things: number }[]>`
    SELECT (SELECT count(*) FROM pg_class AS c WHERE c.relnamespace = n.oid)::int AS things
    FROM pg_namespace AS n WHERE n.nspname = ${schema}`;
  if (row === undefined) await sql.unsafe(`CREATE SCHEMA ${schema}`);
  if (row !== undefined && row.things > 0) {
    throw new HandclaspError(
      "ERR_HANDCLASP_STORE_OPEN",
      `the schema ${schema} of the database holds something else`,
      { hint: "give the name of another one, or an empty one: schema=NAME in the URL" },
    );
  }
  await sql.unsafe(numbersSchema(schema));
}

function gone(schema: string): HandclaspError {
  return new HandclaspError(
    "ERR_HANDCLASP_STORE_OPEN",
    `nothing is in the schema ${schema} of the database any more, whose log was carried out here`,
    {
      hint: "see that the URL names the right database, or put it back from its backup; to begin a new one, move the replica, and -wal and -shm beside it, away",
      remedies: [{ act: "reach-database", at: "server" }],
    },
  );
}

function notYet(schema: string): HandclaspError {
  return new HandclaspError(
    "ERR_HANDCLASP_STORE_OPEN",
    `nothing is in the schema ${schema} of the database yet`,
    {
      hint: "see that the URL names the right database and schema; a server that starts makes what is needed in an empty one, as does its owner",
      remedies: [{ act: "migrate-store", at: "server" }],
    },
  );
}

function behind(schema: string, number: number, known: number): HandclaspError {
  return new HandclaspError(
    "ERR_HANDCLASP_STORE_OPEN",
    `the schema ${schema} of the database is at number ${number}, and this version needs ${known}`,
    {
      hint: "older versions go on with it when it is brought there, by a role that owns it",
      remedies: [{ act: "migrate-store", at: "server" }],
      details: { schema, number, known },
    },
  );
}

/** What the database has to say about what is there and who may use it; that it cannot be asked now is something else. */
function unprepared(cause: unknown, schema: string): unknown {
  if (!(cause instanceof Error) || !("code" in cause) || !FINAL.test(String(cause.code))) return cause;
  const isDenied = hasCode(cause, "42501");
  return new HandclaspError(
    "ERR_HANDCLASP_STORE_OPEN",
    `the schema ${schema} of the database cannot be used: ${reasonOf(cause)}`,
    {
      cause,
      ...(isDenied && {
        hint: "this role may not: a role that owns the schema makes what is needed, and lets this one execute it",
        remedies: [{ act: "migrate-store", at: "server" }] as const,
      }),
    },
  );
}

function ungranted(cause: unknown, schema: string, user: string): HandclaspError {
  const grants = grantsTo(user, schema);
  return new HandclaspError(
    "ERR_HANDCLASP_STORE_OPEN",
    `what is in the schema ${schema} of the database was not granted to ${user}: ${reasonOf(cause)}`,
    { cause, hint: `as the role that owns the schema, by psql: ${grants}` },
  );
}

/** What lets a role call all there is and what later migrations bring, and touch no table. */
function grantsTo(user: string, schema: string): string {
  const role = identifier(user);
  return [
    `GRANT USAGE ON SCHEMA ${schema} TO ${role}`,
    `GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA ${schema} TO ${role}`,
    `ALTER DEFAULT PRIVILEGES IN SCHEMA ${schema} GRANT EXECUTE ON FUNCTIONS TO ${role}`,
  ].join("; ");
}

function unmade(cause: unknown, schema: string, user: string): HandclaspError {
  return new HandclaspError(
    "ERR_HANDCLASP_STORE_OPEN",
    `nothing is in the schema ${schema} of the database yet, and this role may not make it: ${reasonOf(cause)}`,
    {
      cause,
      hint: `as the role that owns the schema, by psql: ${grantsTo(user, schema)}; before that, as that role, once`,
      remedies: [{ act: "migrate-store", at: "server" }],
    },
  );
}

/** PostgreSQL's classes of errors that asking again does not change: no such database, authorization, schema, access. */
const FINAL = /^(?:3D|28|3F|42)[0-9A-Z]{3}$/;
