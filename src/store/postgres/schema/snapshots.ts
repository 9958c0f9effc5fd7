import {
  COUNTING_STAY,
  MOST_BASES,
  MOST_PART_BYTES,
  MOST_PARTS,
  MOST_SNAPSHOTS,
  MOST_UNFINISHED,
  STANDS_STILL_MS,
  UNFINISHED_KEPT_MS,
} from "../../../trust/port/snapshot-shelf.ts";
import { BY_FUNCTION } from "./functions.ts";

/** What is read of a part at a time: texts that are as long as a part stay in memory for long. */
const SLICE_BYTES = 24 * 1024;

/** Whether a snapshot is one that new machines may start from: as `counts`. */
function countsOf(schema: string, snapshot: string): string {
  const words = `FROM ${schema}.snapshot_words w WHERE w.id = ${snapshot}.id`;
  return `(${snapshot}.finished AND NOT EXISTS (SELECT ${words} AND w.digest <> ${snapshot}.digest)
    AND (EXISTS (SELECT ${words} AND w.way = 'anew') OR (SELECT count(DISTINCT w.node) ${words}) >= 2))`;
}

/** Snapshots, in parts. Who runs may add some and read all; to keep one, or take it away, is for the owner, who may write the tables. */
export function snapshotsSchema(schema: string): string {
  return `
    CREATE TABLE ${schema}.snapshots (
      id uuid PRIMARY KEY,
      "position" bigint NOT NULL,
      hash text NOT NULL,
      sequence bigint NOT NULL,
      head text NOT NULL,
      digest text NOT NULL,
      made_by uuid NOT NULL,
      at timestamptz NOT NULL DEFAULT clock_timestamp(),
      moved timestamptz NOT NULL DEFAULT clock_timestamp(),
      kept boolean NOT NULL DEFAULT false,
      finished boolean NOT NULL DEFAULT false,
      parts int NOT NULL DEFAULT 0,
      bytes bigint NOT NULL DEFAULT 0
    );
    CREATE TABLE ${schema}.snapshot_parts (
      id uuid NOT NULL REFERENCES ${schema}.snapshots ON DELETE CASCADE,
      part int NOT NULL,
      data bytea NOT NULL,
      PRIMARY KEY (id, part)
    );
    ALTER TABLE ${schema}.snapshot_parts ALTER COLUMN data SET STORAGE EXTERNAL;
    CREATE TABLE ${schema}.snapshot_words (
      id uuid NOT NULL REFERENCES ${schema}.snapshots ON DELETE CASCADE,
      node uuid NOT NULL,
      way text NOT NULL CHECK (way IN ('follows', 'anew')),
      digest text NOT NULL,
      PRIMARY KEY (id, node, way)
    );

    CREATE FUNCTION ${schema}.begin_snapshot(id uuid, "position" bigint, hash text, sequence bigint, head text, digest text,
      made_by uuid) RETURNS boolean
    ${BY_FUNCTION} AS $begin$
    BEGIN
      PERFORM pg_advisory_xact_lock(hashtextextended('${schema}.snapshots', 0));
      DELETE FROM ${schema}.snapshots s WHERE NOT s.finished
        AND (s.moved < clock_timestamp() - ${STANDS_STILL_MS} * interval '1 ms'
          OR s.at < clock_timestamp() - ${UNFINISHED_KEPT_MS} * interval '1 ms');
      IF (SELECT count(*) FROM ${schema}.snapshots s WHERE NOT s.finished) >= ${MOST_UNFINISHED} THEN
        RAISE EXCEPTION '${MOST_UNFINISHED} others are being made';
      END IF;
      IF begin_snapshot."position" = 0 AND EXISTS (SELECT FROM ${schema}.change_log) THEN
        RAISE EXCEPTION 'the log has begun without it';
      END IF;
      DELETE FROM ${schema}.snapshots s WHERE s.id IN (
        SELECT k.id FROM (
          SELECT o.id, o.at,
            o."position" = 0 AND row_number() OVER (PARTITION BY o."position" ORDER BY o.at, o.id) <= ${MOST_BASES}
              OR o.counts AND row_number() OVER (PARTITION BY o.counts ORDER BY o.at DESC, o.id) <= ${COUNTING_STAY} AS stays
          FROM (SELECT f.*, ${countsOf(schema, "f")} AS counts FROM ${schema}.snapshots f WHERE f.finished AND NOT f.kept) AS o) AS k
        ORDER BY k.stays DESC, k.at DESC, k.id OFFSET ${MOST_SNAPSHOTS - 1});
      INSERT INTO ${schema}.snapshots (id, "position", hash, sequence, head, digest, made_by) VALUES (begin_snapshot.id, begin_snapshot."position", begin_snapshot.hash,
        begin_snapshot.sequence, begin_snapshot.head, begin_snapshot.digest, begin_snapshot.made_by);
      RETURN true;
    END $begin$;

    CREATE FUNCTION ${schema}.put_snapshot_part(snapshot uuid, part int, data text) RETURNS boolean
    ${BY_FUNCTION} AS $put$
    DECLARE
      given bytea := decode(data, 'base64');
    BEGIN
      UPDATE ${schema}.snapshots s SET parts = s.parts + 1, bytes = s.bytes + octet_length(given), moved = clock_timestamp()
        WHERE s.id = snapshot AND NOT s.finished AND s.parts = put_snapshot_part.part AND s.parts < ${MOST_PARTS}
          AND octet_length(given) <= ${MOST_PART_BYTES};
      IF NOT FOUND THEN
        RETURN false;
      END IF;
      INSERT INTO ${schema}.snapshot_parts VALUES (snapshot, put_snapshot_part.part, given);
      RETURN true;
    END $put$;

    CREATE FUNCTION ${schema}.finish_snapshot(snapshot uuid) RETURNS boolean
    ${BY_FUNCTION} AS $finish$
    BEGIN
      UPDATE ${schema}.snapshots s SET finished = true WHERE s.id = snapshot AND NOT s.finished;
      RETURN FOUND;
    END $finish$;

    CREATE FUNCTION ${schema}.confirm_snapshot(snapshot uuid, node uuid, way text, digest text) RETURNS boolean
    ${BY_FUNCTION} AS $confirm$
    BEGIN
      IF NOT EXISTS (SELECT FROM ${schema}.snapshots s WHERE s.id = snapshot AND s.finished) THEN
        RETURN false;
      END IF;
      INSERT INTO ${schema}.snapshot_words AS w VALUES (snapshot, confirm_snapshot.node, confirm_snapshot.way, confirm_snapshot.digest)
        ON CONFLICT ON CONSTRAINT snapshot_words_pkey DO UPDATE SET digest = excluded.digest;
      RETURN true;
    END $confirm$;

    CREATE FUNCTION ${schema}.known_snapshots() RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $known$
      SELECT coalesce(json_agg(json_build_object('id', s.id, 'position', s."position", 'hash', s.hash, 'sequence', s.sequence,
        'head', s.head, 'digest', s.digest, 'madeBy', s.made_by, 'parts', s.parts, 'bytes', s.bytes, 'kept', s.kept,
        'at', floor(extract(epoch FROM s.at) * 1000), 'words', coalesce((
          SELECT json_agg(json_build_object('node', w.node, 'way', w.way, 'digest', w.digest) ORDER BY w.node, w.way)
          FROM ${schema}.snapshot_words w WHERE w.id = s.id), '[]'))
        ORDER BY s."position" DESC, s.at DESC), '[]')::text
      FROM ${schema}.snapshots s WHERE s.finished;
    $known$;

    CREATE FUNCTION ${schema}.snapshot_part(snapshot uuid, part int) RETURNS TABLE (size int, slice text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $part$
      SELECT octet_length(p.data), encode(substring(p.data FROM 1 + byte FOR ${SLICE_BYTES}), 'base64')
      FROM ${schema}.snapshot_parts p JOIN ${schema}.snapshots s ON s.id = p.id,
        generate_series(0, greatest(octet_length(p.data) - 1, 0), ${SLICE_BYTES}) AS byte
      WHERE p.id = snapshot AND p.part = snapshot_part.part AND s.finished ORDER BY byte;
    $part$;

    REVOKE ALL ON FUNCTION ${schema}.begin_snapshot, ${schema}.put_snapshot_part, ${schema}.finish_snapshot,
      ${schema}.confirm_snapshot, ${schema}.known_snapshots, ${schema}.snapshot_part FROM PUBLIC;`;
}
