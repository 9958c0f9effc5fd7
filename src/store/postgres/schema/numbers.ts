/** Which migrations a schema has had: before the first, and of no migration. */
export function numbersSchema(schema: string): string {
  return `
    CREATE TABLE ${schema}.migrations (number int PRIMARY KEY, at timestamptz NOT NULL DEFAULT now());
    CREATE FUNCTION ${schema}.schema_number() RETURNS int
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $number$
      SELECT coalesce(max(m.number), 0) FROM ${schema}.migrations AS m;
    $number$;
    REVOKE ALL ON FUNCTION ${schema}.schema_number FROM PUBLIC;`;
}
