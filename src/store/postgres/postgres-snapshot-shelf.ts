import type { Sql } from "postgres";
import { HandclaspError } from "../../errors.ts";
import {
  MOST_PART_BYTES,
  type Snapshot,
  type SnapshotFacts,
  type SnapshotShelf,
  type SnapshotWord,
} from "../../trust/port/snapshot-shelf.ts";
import { databaseFailure } from "./database-failure.ts";
import { explained } from "./lock-holders.ts";
import type { Pool } from "./pool.ts";

interface Row extends Omit<Snapshot, "place" | "head"> {
  readonly position: number;
  readonly hash: string;
  readonly sequence: number;
  readonly head: string;
}

interface Slice {
  /** Of the whole part. */
  readonly size: number;
  readonly slice: string;
}

/** The shelf in a PostgreSQL database, in a schema that was made before. */
export class PostgresSnapshotShelf implements SnapshotShelf {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async begin({ id, place, head, digest, madeBy }: SnapshotFacts): Promise<void> {
    await this.#written(
      (sql) => sql<{ readonly done: boolean }[]>`
        SELECT ${this.#pool.name(sql, "begin_snapshot")}(${id}::uuid, ${place.position}::bigint, ${place.hash}::text,
          ${head.sequence}::bigint, ${head.hash}::text, ${digest}::text, ${madeBy}::uuid) AS done`,
    );
  }

  async put(id: string, part: number, bytes: Uint8Array): Promise<void> {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
    const isDone = await this.#written(
      (sql) => sql<{ readonly done: boolean }[]>`
        SELECT ${this.#pool.name(sql, "put_snapshot_part")}(${id}::uuid, ${part}::int, ${text}::text) AS done`,
    );
    if (!isDone) throw unwritten(`part ${part} is too large, or not the next one`);
  }

  async finish(id: string): Promise<void> {
    const isDone = await this.#written(
      (sql) => sql<{ readonly done: boolean }[]>`
        SELECT ${this.#pool.name(sql, "finish_snapshot")}(${id}::uuid) AS done`,
    );
    if (!isDone) throw unwritten("it was not begun, or is finished");
  }

  async confirm(id: string, { node, way, digest }: SnapshotWord): Promise<void> {
    const isDone = await this.#written(
      (sql) => sql<{ readonly done: boolean }[]>`
        SELECT ${this.#pool.name(sql, "confirm_snapshot")}(${id}::uuid, ${node}::uuid, ${way}::text, ${digest}::text) AS done`,
    );
    if (!isDone) throw unwritten("it is not there");
  }

  async list(): Promise<readonly Snapshot[]> {
    const [row] = await this.#read(
      (sql) => sql<{ readonly all: string }[]>`SELECT ${this.#pool.name(sql, "known_snapshots")}() AS all`,
    );
    return (JSON.parse(row?.all ?? "[]") as Row[]).map(({ position, hash, sequence, head, ...rest }) => ({
      ...rest,
      place: { position, hash },
      head: { sequence, hash: head },
    }));
  }

  async part(id: string, part: number): Promise<Uint8Array> {
    let bytes: Buffer | undefined;
    let end = 0;
    // Each is gone by the time the next one comes, and none is kept as text.
    await this.#read((sql) =>
      sql<Slice[]>`
        SELECT size, slice FROM ${this.#pool.name(sql, "snapshot_part")}(${id}::uuid, ${part}::int)`.forEach(
        ({ size, slice }) => {
          bytes ??= Buffer.from(new ArrayBuffer(Math.min(size, MOST_PART_BYTES)));
          end += bytes.write(slice, end, "base64");
        },
      ),
    );
    if (bytes !== undefined && end === bytes.byteLength) return bytes;
    throw new HandclaspError("ERR_HANDCLASP_STORE_READ", `the snapshot ${id} has no part ${part}`);
  }

  async keep(ids: readonly string[]): Promise<void> {
    const areThere = await this.#written((sql) => {
      const snapshots = this.#pool.name(sql, "snapshots");
      const all = `{${ids.join(",")}}`;
      return sql<{ readonly done: boolean }[]>`
        WITH there AS (SELECT count(*) = cardinality(${all}::text::uuid[]) AS done FROM ${snapshots} WHERE finished AND id = ANY (${all}::text::uuid[])),
          marked AS (UPDATE ${snapshots} SET kept = id = ANY (${all}::text::uuid[]) WHERE (SELECT done FROM there))
        SELECT done FROM there`;
    });
    if (!areThere) throw unwritten("it is not there");
  }

  async drop(id: string): Promise<void> {
    await this.#written(async (sql) => {
      await sql`DELETE FROM ${this.#pool.name(sql, "snapshots")} WHERE id = ${id}::uuid`;
      return [{ done: true }];
    });
  }

  async #written(query: (sql: Sql) => Promise<readonly { readonly done: boolean }[]>): Promise<boolean> {
    try {
      const [row] = await query(await this.#pool.sql());
      return row?.done === true;
    } catch (error) {
      const why = await explained(error, this.#pool);
      throw databaseFailure("ERR_HANDCLASP_STORE_WRITE", UNWRITTEN, why);
    }
  }

  async #read<T>(query: (sql: Sql) => Promise<T>): Promise<T> {
    try {
      return await query(await this.#pool.sql());
    } catch (error) {
      throw databaseFailure("ERR_HANDCLASP_STORE_READ", "cannot read the snapshots", error);
    }
  }
}

const UNWRITTEN = "cannot write a snapshot";

function unwritten(problem: string): HandclaspError {
  return new HandclaspError("ERR_HANDCLASP_STORE_WRITE", `${UNWRITTEN}: ${problem}`);
}
