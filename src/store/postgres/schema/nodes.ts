/**
 * The machines, and the rules that they go by. What a machine says of itself stays text: newer ones say more. To raise the rules is
 * for the owner, who may write the tables: a change by rules that nobody knows would stop all machines for good.
 */
export function nodesSchema(schema: string): string {
  return `
    CREATE TABLE ${schema}.nodes (
      id uuid PRIMARY KEY,
      name text COLLATE "C" NOT NULL,
      rules int NOT NULL,
      report text NOT NULL,
      seen_at timestamptz NOT NULL
    ) WITH (fillfactor = 50);
    CREATE TABLE ${schema}.cluster_rules (only_row boolean PRIMARY KEY CHECK (only_row), rules int NOT NULL);
    INSERT INTO ${schema}.cluster_rules VALUES (true, 1);

    CREATE FUNCTION ${schema}.beat(id uuid, name text, knows int, report text, kept_ms bigint)
    RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $beat$
    BEGIN
      INSERT INTO ${schema}.nodes AS n VALUES (beat.id, beat.name, knows, beat.report, clock_timestamp())
      ON CONFLICT ON CONSTRAINT nodes_pkey DO UPDATE SET name = excluded.name, rules = excluded.rules,
        report = excluded.report, seen_at = greatest(n.seen_at, excluded.seen_at);
      DELETE FROM ${schema}.nodes AS n WHERE n.seen_at < clock_timestamp() - kept_ms * interval '1 ms';
      RETURN (SELECT r.rules FROM ${schema}.cluster_rules AS r);
    END $beat$;

    CREATE FUNCTION ${schema}.known_nodes() RETURNS TABLE (id uuid, report text, seen_at bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $known$
      SELECT n.id, n.report, floor(extract(epoch FROM n.seen_at) * 1000)::bigint
      FROM ${schema}.nodes AS n ORDER BY n.name, n.id;
    $known$;

    CREATE FUNCTION ${schema}.rules() RETURNS int
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $rules$
      SELECT r.rules FROM ${schema}.cluster_rules AS r;
    $rules$;

    CREATE FUNCTION ${schema}.raise_rules(wanted int) RETURNS TABLE (id uuid, report text, seen_at bigint)
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $raise$
    BEGIN
      IF NOT EXISTS (SELECT FROM ${schema}.nodes AS n WHERE n.rules < wanted) THEN
        UPDATE ${schema}.cluster_rules AS r SET rules = greatest(r.rules, wanted);
      END IF;
      RETURN QUERY
        SELECT k.id, k.report, k.seen_at FROM ${schema}.known_nodes() AS k
        JOIN ${schema}.nodes AS n ON n.id = k.id WHERE n.rules < wanted ORDER BY n.name, n.id;
    END $raise$;

    CREATE FUNCTION ${schema}.forget_node(gone uuid) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $forget$
      DELETE FROM ${schema}.nodes AS n WHERE n.id = gone;
    $forget$;

    REVOKE ALL ON FUNCTION ${schema}.beat, ${schema}.known_nodes, ${schema}.rules, ${schema}.raise_rules,
      ${schema}.forget_node FROM PUBLIC;`;
}
