import {
  GONE_KEPT_MS,
  MOST_VALUE_BYTES,
  RUN_SILENT_MS,
  SHARED_BOUNDS,
} from "../../../trust/port/shared-rows.ts";
import { BY_FUNCTION, GONE, INSIDE, NOBODY } from "./functions.ts";
import { boundKinds } from "./shared-kinds.ts";

/** How often rows are looked through for what is over. */
const TIDY_MS = 10_000;
/** A machine writes a refusal down again before that, or has forgotten it. */
const REFUSALS_KEPT_MS = 8 * 24 * 3_600_000;

/** What machines tell each other beside the log. Of each row, what was written last stands. */
export function sharedSchema(schema: string): string {
  return `${tables(schema)}${tidy(schema)}${boundWaiting(schema)}${boundRefusals(schema)}${boundKinds(schema)}${write(schema)}${read(schema)}${putSetting(schema)}
    REVOKE ALL ON FUNCTION ${schema}.tidy_shared_rows, ${schema}.bound_waiting, ${schema}.bound_refusals,
      ${schema}.count_shared_rows, ${schema}.bound_kinds,
      ${schema}.write_shared_rows, ${schema}.exchange, ${schema}.put_setting FROM PUBLIC;`;
}

/** The one row of state is the lock under which rows are written: their revisions are in the order of commits. */
function tables(schema: string): string {
  const { waiting, waitingBytes, refusals, gone } = SHARED_BOUNDS;
  return `
    CREATE TABLE ${schema}.shared_rows (
      kind text COLLATE "C" NOT NULL,
      node uuid NOT NULL,
      key text COLLATE "C" NOT NULL,
      value text,
      at bigint NOT NULL,
      written_by uuid NOT NULL,
      written bigint NOT NULL,
      born bigint NOT NULL,
      revision bigint NOT NULL,
      PRIMARY KEY (kind, node, key)
    ) WITH (fillfactor = 80);
    CREATE INDEX shared_rows_in_order ON ${schema}.shared_rows (revision);
    CREATE INDEX shared_rows_gone ON ${schema}.shared_rows (revision) WHERE value IS NULL;
    CREATE TABLE ${schema}.shared_state (
      only_row boolean PRIMARY KEY CHECK (only_row),
      epoch uuid NOT NULL,
      revision bigint NOT NULL,
      forgotten bigint NOT NULL,
      tidied bigint NOT NULL,
      most_waiting int NOT NULL,
      most_waiting_bytes bigint NOT NULL,
      most_refusals int NOT NULL,
      most_gone int NOT NULL
    ) WITH (fillfactor = 10);
    INSERT INTO ${schema}.shared_state
      VALUES (true, gen_random_uuid(), 0, 0, 0, ${waiting}, ${waitingBytes}, ${refusals}, ${gone});
`;
}

/** Runs that are silent are over, with their connections. */
function tidy(schema: string): string {
  return `
    CREATE FUNCTION ${schema}.tidy_shared_rows(now_ms bigint, after bigint, most_gone int) RETURNS bigint
    ${INSIDE} AS $tidy$
    DECLARE
      over record;
      last bigint := after;
      low bigint;
    BEGIN
      FOR over IN SELECT r.kind, r.node, r.key FROM ${schema}.shared_rows r WHERE r.value IS NOT NULL
        AND (r.kind = 'run' AND r.written < now_ms - ${RUN_SILENT_MS}
          OR r.kind = 'waiting' AND r.at < now_ms OR r.kind = 'session' AND r.at < now_ms) LOOP
        last := last + 1;
        UPDATE ${schema}.shared_rows r SET ${GONE} WHERE r.kind = over.kind AND r.node = over.node AND r.key = over.key;
        IF over.kind = 'run' THEN
          DELETE FROM ${schema}.shared_rows r WHERE r.kind = 'connection' AND r.node = over.node
            AND r.key >= over.key || ' ' AND r.key < over.key || '!';
        END IF;
      END LOOP;
      DELETE FROM ${schema}.shared_rows r
        WHERE r.kind = 'refusal' AND r.value IS NOT NULL AND r.written < now_ms - ${REFUSALS_KEPT_MS};
      SELECT max(g.revision) INTO low FROM (
        SELECT r.revision, r.written, row_number() OVER (ORDER BY r.revision DESC) AS place
          FROM ${schema}.shared_rows r WHERE r.value IS NULL) AS g
        WHERE g.place > most_gone OR g.written < now_ms - ${GONE_KEPT_MS};
      IF low IS NOT NULL THEN
        DELETE FROM ${schema}.shared_rows r WHERE r.value IS NULL AND r.revision <= low;
        UPDATE ${schema}.shared_state s SET forgotten = greatest(s.forgotten, low);
      END IF;
      RETURN last;
    END $tidy$;
`;
}

/** The machine that has most of them loses the oldest. */
function boundWaiting(schema: string): string {
  return `
    CREATE FUNCTION ${schema}.bound_waiting(now_ms bigint, after bigint, most int, most_bytes bigint) RETURNS bigint
    ${INSIDE} AS $bound$
    DECLARE
      machine record;
      surplus record;
      machines int;
      room bigint := most;
      room_bytes bigint := most_bytes;
      last bigint := after;
    BEGIN
      SELECT count(DISTINCT r.node) INTO machines
        FROM ${schema}.shared_rows r WHERE r.kind = 'waiting' AND r.value IS NOT NULL;
      FOR machine IN SELECT r.node, count(*) AS held, sum(octet_length(r.value)) AS bytes
        FROM ${schema}.shared_rows r WHERE r.kind = 'waiting' AND r.value IS NOT NULL GROUP BY r.node
        ORDER BY greatest(count(*) / most::float8, sum(octet_length(r.value)) / most_bytes::float8), r.node LOOP
        FOR surplus IN SELECT k.key, k.size FROM (
            SELECT r.key, octet_length(r.value) AS size, row_number() OVER newest AS place,
                sum(octet_length(r.value)) OVER newest AS bytes
              FROM ${schema}.shared_rows r
              WHERE r.kind = 'waiting' AND r.value IS NOT NULL AND r.node = machine.node
                AND (machine.held > room / machines OR machine.bytes > room_bytes / machines)
              WINDOW newest AS (ORDER BY r.born DESC, r.key)) AS k
          WHERE k.place > room / machines OR k.bytes > room_bytes / machines LOOP
          last := last + 1;
          UPDATE ${schema}.shared_rows r SET ${GONE} WHERE r.kind = 'waiting' AND r.node = machine.node AND r.key = surplus.key;
          machine.held := machine.held - 1;
          machine.bytes := machine.bytes - surplus.size;
        END LOOP;
        room := room - machine.held;
        room_bytes := room_bytes - machine.bytes;
        machines := machines - 1;
      END LOOP;
      RETURN last;
    END $bound$;
`;
}

/** Machines keep fewer, and say what they drop. */
function boundRefusals(schema: string): string {
  return `
    CREATE FUNCTION ${schema}.bound_refusals(machine uuid, now_ms bigint, after bigint, most int) RETURNS bigint
    ${INSIDE} AS $bound$
    DECLARE
      surplus record;
      last bigint := after;
    BEGIN
      FOR surplus IN SELECT r.key FROM ${schema}.shared_rows r
        WHERE r.kind = 'refusal' AND r.node = machine AND r.value IS NOT NULL ORDER BY r.revision DESC OFFSET most LOOP
        last := last + 1;
        UPDATE ${schema}.shared_rows r SET ${GONE} WHERE r.kind = 'refusal' AND r.node = machine AND r.key = surplus.key;
      END LOOP;
      RETURN last;
    END $bound$;
`;
}

function write(schema: string): string {
  return `
    CREATE FUNCTION ${schema}.write_shared_rows(machine uuid, sent json) RETURNS void
    ${INSIDE} AS $write$
    DECLARE
      now_ms bigint := floor(extract(epoch FROM clock_timestamp()) * 1000);
      state record;
      last bigint;
      written int;
    BEGIN
      SELECT * INTO state FROM ${schema}.shared_state FOR UPDATE;
      last := greatest(state.revision, now_ms * 1000);
      WITH given AS (
        SELECT DISTINCT ON (g.kind, g.key) g.kind, g.key, g.value, last + g.place AS revision,
            CASE WHEN g.kind IN ('seen', 'looked', 'used', 'session', 'setting') THEN ${NOBODY} ELSE machine END AS node,
            CASE WHEN g.kind IN ('seen', 'looked', 'used') THEN least(g.at, now_ms) ELSE g.at END AS at
          FROM ROWS FROM (json_to_recordset(sent) AS (kind text, key text, value text, at bigint))
            WITH ORDINALITY AS g(kind, key, value, at, place)
          WHERE g.kind IN (SELECT k.kind FROM ${schema}.shared_kinds k) AND octet_length(g.key) <= 1000
            AND (g.value IS NULL OR octet_length(g.value) <= ${MOST_VALUE_BYTES})
          ORDER BY g.kind, g.key, g.place DESC
      ), put AS (
        INSERT INTO ${schema}.shared_rows AS r (kind, node, key, value, at, written_by, written, born, revision)
          SELECT g.kind, g.node, g.key, g.value, g.at, machine, now_ms, g.revision, g.revision
            FROM given g WHERE g.value IS NOT NULL
          ON CONFLICT (kind, node, key) DO UPDATE SET value = excluded.value, at = excluded.at,
              written_by = excluded.written_by, written = excluded.written, revision = excluded.revision,
              born = CASE WHEN r.value IS NULL THEN excluded.born ELSE r.born END
            WHERE CASE WHEN r.kind IN ('seen', 'looked', 'used') THEN excluded.at > r.at
              ELSE r.kind = 'run' OR r.value IS DISTINCT FROM excluded.value OR r.at <> excluded.at END
          RETURNING 1
      ), forgotten AS (
        DELETE FROM ${schema}.shared_rows r USING given g WHERE g.value IS NULL AND g.kind IN ('seen', 'looked', 'used')
          AND r.kind = g.kind AND r.node = g.node AND r.key = g.key
      ), gone AS (
        UPDATE ${schema}.shared_rows r SET value = NULL, written_by = machine, written = now_ms,
            revision = g.revision
          FROM given g
          WHERE g.value IS NULL AND g.kind NOT IN ('seen', 'looked', 'used') AND r.kind = g.kind AND r.node = g.node AND r.key = g.key AND r.value IS NOT NULL
          RETURNING 1
      ) SELECT (SELECT count(*) FROM put) + (SELECT count(*) FROM gone) INTO written;
      last := last + json_array_length(sent);
      IF EXISTS (SELECT FROM json_to_recordset(sent) AS g(kind text) WHERE g.kind = 'waiting') THEN
        last := ${schema}.bound_waiting(now_ms, last, state.most_waiting, state.most_waiting_bytes);
      END IF;
      IF EXISTS (SELECT FROM json_to_recordset(sent) AS g(kind text) WHERE g.kind = 'refusal') THEN
        last := ${schema}.bound_refusals(machine, now_ms, last, state.most_refusals);
      END IF;
      last := ${schema}.bound_kinds(now_ms, last);
      IF state.tidied < now_ms - ${TIDY_MS} THEN
        last := ${schema}.tidy_shared_rows(now_ms, last, state.most_gone);
        UPDATE ${schema}.shared_state s SET tidied = now_ms;
      END IF;
      UPDATE ${schema}.shared_state s SET revision = last;
      IF written > 0 AND EXISTS (SELECT FROM json_to_recordset(sent) AS g(kind text)
        WHERE g.kind IN ('waiting', 'session', 'setting')) THEN
        PERFORM pg_notify('${schema}_rows', machine::text);
      END IF;
    END $write$;
`;
}

/** In one statement, so that what it says of the end is of the same moment as the rows. */
function read(schema: string): string {
  return `
    CREATE FUNCTION ${schema}.exchange(machine uuid, sent json, epoch text, after bigint, since bigint, most int, most_bytes int)
    RETURNS text
    ${BY_FUNCTION} AS $exchange$
    DECLARE
      timeline text;
      answer text;
    BEGIN
      IF pg_is_in_recovery() THEN
        RAISE EXCEPTION 'this is a standby' USING ERRCODE = 'read_only_sql_transaction';
      END IF;
      BEGIN
        timeline := left(pg_walfile_name(pg_current_wal_lsn()), 8);
      EXCEPTION WHEN OTHERS THEN
        timeline := '';
      END;
      IF json_array_length(sent) > 0 OR EXISTS (SELECT FROM ${schema}.shared_state s
          WHERE s.tidied < floor(extract(epoch FROM clock_timestamp()) * 1000) - ${TIDY_MS}) THEN
        PERFORM ${schema}.write_shared_rows(machine, sent);
      END IF;
      WITH state AS MATERIALIZED (
        SELECT s.epoch || '.' || timeline AS epoch, s.revision,
          s.epoch || '.' || timeline <> exchange.epoch OR s.forgotten > exchange.since OR s.revision < exchange.after AS whole
        FROM ${schema}.shared_state s
      ), start AS MATERIALIZED (
        SELECT CASE WHEN s.whole THEN 0 ELSE exchange.after END AS after,
          CASE WHEN s.whole THEN s.revision ELSE exchange.since END AS since FROM state s
      ), found AS MATERIALIZED (
        SELECT r.*, sum(coalesce(octet_length(r.value), 0)) OVER (ORDER BY r.revision) - coalesce(octet_length(r.value), 0) AS before,
          row_number() OVER (ORDER BY r.revision) AS place
        FROM (SELECT r.* FROM ${schema}.shared_rows r, start
          WHERE r.revision > (SELECT s.after FROM start s)
            AND (r.written_by <> machine OR start.after < start.since AND r.node = ${NOBODY})
            AND (r.value IS NOT NULL OR r.revision > start.since)
          ORDER BY r.revision LIMIT most + 1) AS r
      ), kept AS (
        SELECT * FROM found f WHERE f.place <= most AND f.before <= most_bytes
      ), counts AS (
        SELECT (SELECT count(*) FROM found) > (SELECT count(*) FROM kept) AS more,
          (SELECT max(k.revision) FROM kept k) AS reached
      )
      SELECT json_build_object('epoch', s.epoch, 'whole', s.whole, 'more', c.more,
        'revision', CASE WHEN c.more THEN c.reached ELSE s.revision END,
        'since', CASE WHEN c.more THEN start.since ELSE s.revision END,
        'rows', coalesce((SELECT json_agg(json_build_array(k.kind, k.key, nullif(k.node, ${NOBODY}), k.value, k.at,
            floor(extract(epoch FROM clock_timestamp()) * 1000) - k.written) ORDER BY k.revision) FROM kept k), '[]'))::text
        INTO answer FROM state s, start, counts c;
      RETURN answer;
    END $exchange$;
`;
}

function putSetting(schema: string): string {
  return `
    CREATE FUNCTION ${schema}.put_setting(machine uuid, name text, former text, value text) RETURNS boolean
    ${BY_FUNCTION} AS $put$
    BEGIN
      PERFORM FROM ${schema}.shared_state FOR UPDATE;
      IF (SELECT r.value FROM ${schema}.shared_rows r
          WHERE r.kind = 'setting' AND r.node = ${NOBODY} AND r.key = put_setting.name) IS DISTINCT FROM former THEN
        RETURN false;
      END IF;
      PERFORM ${schema}.write_shared_rows(machine, json_build_array(
        json_build_object('kind', 'setting', 'key', name, 'value', put_setting.value, 'at', 0)));
      RETURN true;
    END $put$;
`;
}
