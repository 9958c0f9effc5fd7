import { MOST_BYTES } from "../../../trust/port/change-log.ts";
import { BY_FUNCTION } from "./functions.ts";

/** How much is read at once, but for one change more. */
const READ_BYTES = 4 * MOST_BYTES;

/** The log of changes, and all that anybody may do with it: read it, and append by the one function. */
export function logSchema(schema: string): string {
  return `
    CREATE TABLE ${schema}.change_log (
      position bigint PRIMARY KEY,
      id uuid NOT NULL UNIQUE,
      previous bytea NOT NULL,
      hash bytea NOT NULL,
      rules int NOT NULL,
      appended_by uuid NOT NULL,
      at text NOT NULL,
      change text NOT NULL
    );
    CREATE FUNCTION ${schema}.append(drafts json, rules int, node uuid) RETURNS SETOF bigint
    ${BY_FUNCTION} AS $append$
    DECLARE
      last record;
      draft record;
      found_at bigint;
      head bigint;
      previous bytea;
      sealed bytea;
      moment text;
    BEGIN
      IF append.rules NOT BETWEEN 1 AND (SELECT r.rules FROM ${schema}.cluster_rules AS r) THEN
        RAISE EXCEPTION 'the cluster does not go by the rules %', append.rules;
      END IF;
      PERFORM pg_advisory_xact_lock(hashtextextended('${schema}.change_log', 0));
      SELECT l.position, l.hash, l.at INTO last FROM ${schema}.change_log l ORDER BY l.position DESC LIMIT 1;
      head := coalesce(last.position, 0);
      previous := coalesce(last.hash, decode(repeat('00', 32), 'hex'));
      moment := greatest(
        to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') COLLATE "C",
        coalesce(last.at, '') COLLATE "C");
      FOR draft IN SELECT d.id, d.change FROM json_to_recordset(drafts) AS d(id uuid, change text) LOOP
        SELECT l.position INTO found_at FROM ${schema}.change_log l WHERE l.id = draft.id;
        IF found_at IS NOT NULL THEN
          RETURN NEXT found_at;
          CONTINUE;
        END IF;
        IF octet_length(draft.change) > ${MOST_BYTES} THEN
          RAISE EXCEPTION 'a change is too long';
        END IF;
        sealed := sha256(previous || uuid_send(draft.id) || int4send(rules) || uuid_send(node)
          || convert_to(moment, 'UTF8') || convert_to(draft.change, 'UTF8'));
        head := head + 1;
        INSERT INTO ${schema}.change_log VALUES (head, draft.id, previous, sealed, rules, node, moment, draft.change);
        previous := sealed;
        RETURN NEXT head;
      END LOOP;
      PERFORM pg_notify('${schema}', head::text);
    END $append$;

    CREATE FUNCTION ${schema}.read_log(after bigint, most int) RETURNS TABLE (standby boolean, head_position bigint,
      head_hash text, "position" bigint, id uuid, previous text, hash text, rules int, appended_by uuid, at text, change text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $read$
      SELECT pg_is_in_recovery(), h.position, encode(h.hash, 'hex'),
        l.position, l.id, encode(l.previous, 'hex'), encode(l.hash, 'hex'), l.rules, l.appended_by, l.at,
        CASE WHEN l.position = after THEN '' ELSE l.change END
      FROM (SELECT) AS one
      LEFT JOIN LATERAL (SELECT c.position, c.hash FROM ${schema}.change_log AS c ORDER BY c.position DESC LIMIT 1) AS h ON true
      LEFT JOIN LATERAL (
        SELECT * FROM (
          SELECT c.*, sum(octet_length(c.change)) FILTER (WHERE c.position > after) OVER (ORDER BY c.position)
            - octet_length(c.change) AS before
          FROM (SELECT * FROM ${schema}.change_log AS c WHERE c.position >= after ORDER BY c.position LIMIT most + 1) AS c
        ) AS c WHERE c.position = after OR c.before <= ${READ_BYTES}) AS l ON true
      ORDER BY l.position;
    $read$;

    REVOKE ALL ON FUNCTION ${schema}.append, ${schema}.read_log FROM PUBLIC;`;
}
