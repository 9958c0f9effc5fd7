import { MOST_NODES, TURNS_MS } from "../../../trust/port/node-roster.ts";
import { BY_FUNCTION } from "./functions.ts";

/** What a machine may say of itself: names are short, and it has no more than a thousand listeners. */
const MOST_NAME_BYTES = 300;
const MOST_REPORT_BYTES = 512 * 1024;

/**
 * The machines, and the rules that they go by. What a machine says of itself stays text: newer ones say more. To raise the rules is
 * for the owner, who may write the tables: a change by rules that nobody knows would stop all machines for good. Who visits takes a lock: it is written down as durably as a
 * beat, and refused like one where nothing can be.
 */
export function nodesSchema(schema: string): string {
  return `
    CREATE TABLE ${schema}.nodes (
      id uuid PRIMARY KEY,
      name text COLLATE "C" NOT NULL,
      rules int NOT NULL,
      report text NOT NULL,
      seen_at timestamptz NOT NULL,
      run_on text COLLATE "C" NOT NULL,
      run_on_before text COLLATE "C",
      turned_at timestamptz,
      doubled_at timestamptz
    ) WITH (fillfactor = 50);
    CREATE TABLE ${schema}.cluster_rules (
      only_row boolean PRIMARY KEY CHECK (only_row),
      rules int NOT NULL,
      cluster uuid NOT NULL DEFAULT gen_random_uuid()
    );
    INSERT INTO ${schema}.cluster_rules VALUES (true, 1);

    CREATE FUNCTION ${schema}.cluster() RETURNS uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $cluster$
      SELECT r.cluster FROM ${schema}.cluster_rules AS r;
    $cluster$;

    CREATE FUNCTION ${schema}.beat(id uuid, name text, knows int, report text, run_on text, kept_ms bigint)
    RETURNS int ${BY_FUNCTION} AS $beat$
    BEGIN
      IF octet_length(beat.name) > ${MOST_NAME_BYTES} OR octet_length(beat.report) > ${MOST_REPORT_BYTES}
        OR octet_length(beat.run_on) > ${MOST_NAME_BYTES} THEN
        RAISE EXCEPTION 'a machine says too much of itself';
      END IF;
      IF NOT EXISTS (SELECT FROM ${schema}.nodes AS n WHERE n.id = beat.id) THEN
        DELETE FROM ${schema}.nodes AS n WHERE n.id IN (
          SELECT o.id FROM ${schema}.nodes AS o ORDER BY o.seen_at DESC, o.id OFFSET ${MOST_NODES - 1});
      END IF;
      INSERT INTO ${schema}.nodes AS n (id, name, rules, report, seen_at, run_on)
        VALUES (beat.id, beat.name, knows, beat.report, clock_timestamp(), beat.run_on)
      ON CONFLICT ON CONSTRAINT nodes_pkey DO UPDATE SET name = excluded.name, rules = excluded.rules,
        report = excluded.report, seen_at = greatest(n.seen_at, excluded.seen_at), run_on = excluded.run_on,
        run_on_before = CASE WHEN n.run_on <> excluded.run_on THEN n.run_on ELSE n.run_on_before END,
        turned_at = CASE WHEN n.run_on <> excluded.run_on THEN excluded.seen_at ELSE n.turned_at END,
        doubled_at = CASE WHEN n.run_on <> excluded.run_on AND n.run_on_before = excluded.run_on
          AND n.turned_at > excluded.seen_at - ${TURNS_MS} * interval '1 ms' THEN excluded.seen_at ELSE n.doubled_at END;
      DELETE FROM ${schema}.nodes AS n WHERE n.seen_at < clock_timestamp() - kept_ms * interval '1 ms';
      RETURN (SELECT r.rules FROM ${schema}.cluster_rules AS r);
    END $beat$;

    CREATE FUNCTION ${schema}.visit() RETURNS int ${BY_FUNCTION} AS $visit$
    DECLARE
      known int;
    BEGIN
      SELECT r.rules INTO known FROM ${schema}.cluster_rules AS r FOR SHARE;
      RETURN known;
    END $visit$;

    CREATE FUNCTION ${schema}.known_nodes() RETURNS TABLE (id uuid, report text, seen_at bigint, doubled boolean)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $known$
      SELECT n.id, n.report, floor(extract(epoch FROM n.seen_at) * 1000)::bigint,
        coalesce(n.doubled_at > clock_timestamp() - ${TURNS_MS} * interval '1 ms', false)
      FROM ${schema}.nodes AS n ORDER BY n.name, n.id;
    $known$;

    CREATE FUNCTION ${schema}.rules() RETURNS int
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $rules$
      SELECT r.rules FROM ${schema}.cluster_rules AS r;
    $rules$;

    CREATE FUNCTION ${schema}.raise_rules(wanted int) RETURNS TABLE (id uuid, report text, seen_at bigint, doubled boolean)
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $raise$
    BEGIN
      IF NOT EXISTS (SELECT FROM ${schema}.nodes AS n WHERE n.rules < wanted) THEN
        UPDATE ${schema}.cluster_rules AS r SET rules = greatest(r.rules, wanted);
      END IF;
      RETURN QUERY
        SELECT k.id, k.report, k.seen_at, k.doubled FROM ${schema}.known_nodes() AS k
        JOIN ${schema}.nodes AS n ON n.id = k.id WHERE n.rules < wanted ORDER BY n.name, n.id;
    END $raise$;

    CREATE FUNCTION ${schema}.forget_node(gone uuid) RETURNS void
    ${BY_FUNCTION} AS $forget$
    BEGIN
      DELETE FROM ${schema}.nodes AS n WHERE n.id = gone;
    END $forget$;

    REVOKE ALL ON FUNCTION ${schema}.cluster, ${schema}.beat, ${schema}.visit, ${schema}.known_nodes, ${schema}.rules, ${schema}.raise_rules,
      ${schema}.forget_node FROM PUBLIC;`;
}
