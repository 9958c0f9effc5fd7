import { type SharedKind, SHARED_BOUNDS } from "../../../trust/port/shared-rows.ts";
import { GONE, INSIDE } from "./functions.ts";

/**
 * What machines may tell each other, and how much of each kind there is, of all machines: counted as rows come and go. Beyond
 * that the oldest go, whoever wrote them.
 */
export function boundKinds(schema: string): string {
  const kinds = Object.entries(SHARED_BOUNDS.kinds) as [SharedKind, { rows: number; bytes: number }][];
  const values = kinds.map(([kind, { rows, bytes }]) => `('${kind}', 0, 0, ${rows}, ${bytes})`).join(", ");
  const counted = (rows: string, sign: string): string => `
        UPDATE ${schema}.shared_kinds k SET held = k.held ${sign} n.held, bytes = k.bytes ${sign} n.bytes FROM (
          SELECT r.kind, count(*) AS held, sum(octet_length(r.key) + octet_length(r.value)) AS bytes
          FROM ${rows} r WHERE r.value IS NOT NULL GROUP BY r.kind) AS n WHERE n.kind = k.kind;`;
  return `
    CREATE TABLE ${schema}.shared_kinds (
      kind text COLLATE "C" PRIMARY KEY,
      held bigint NOT NULL,
      bytes bigint NOT NULL,
      most bigint NOT NULL,
      most_bytes bigint NOT NULL
    ) WITH (fillfactor = 10);
    INSERT INTO ${schema}.shared_kinds VALUES ${values};

    CREATE FUNCTION ${schema}.count_shared_rows() RETURNS trigger ${INSIDE} AS $count$
    BEGIN
      IF TG_OP <> 'INSERT' THEN${counted("former_rows", "-")}
      END IF;
      IF TG_OP <> 'DELETE' THEN${counted("new_rows", "+")}
      END IF;
      RETURN NULL;
    END $count$;
    CREATE TRIGGER count_new AFTER INSERT ON ${schema}.shared_rows REFERENCING NEW TABLE AS new_rows
      FOR EACH STATEMENT EXECUTE FUNCTION ${schema}.count_shared_rows();
    CREATE TRIGGER count_changed AFTER UPDATE ON ${schema}.shared_rows
      REFERENCING OLD TABLE AS former_rows NEW TABLE AS new_rows
      FOR EACH STATEMENT EXECUTE FUNCTION ${schema}.count_shared_rows();
    CREATE TRIGGER count_gone AFTER DELETE ON ${schema}.shared_rows REFERENCING OLD TABLE AS former_rows
      FOR EACH STATEMENT EXECUTE FUNCTION ${schema}.count_shared_rows();

    CREATE FUNCTION ${schema}.bound_kinds(now_ms bigint, after bigint) RETURNS bigint
    ${INSIDE} AS $bound$
    DECLARE
      over record;
      surplus record;
      last bigint := after;
      many bigint;
      size bigint;
    BEGIN
      FOR over IN SELECT k.* FROM ${schema}.shared_kinds k WHERE k.held > k.most OR k.bytes > k.most_bytes LOOP
        many := over.held;
        size := over.bytes;
        FOR surplus IN SELECT r.node, r.key, octet_length(r.key) + octet_length(r.value) AS size
            FROM ${schema}.shared_rows r WHERE r.kind = over.kind AND r.value IS NOT NULL ORDER BY r.revision LOOP
          EXIT WHEN many <= over.most AND size <= over.most_bytes;
          IF over.kind IN ('seen', 'looked', 'used') THEN
            DELETE FROM ${schema}.shared_rows r
              WHERE r.kind = over.kind AND r.node = surplus.node AND r.key = surplus.key;
          ELSE
            last := last + 1;
            UPDATE ${schema}.shared_rows r SET ${GONE} WHERE r.kind = over.kind AND r.node = surplus.node AND r.key = surplus.key;
          END IF;
          many := many - 1;
          size := size - surplus.size;
        END LOOP;
      END LOOP;
      RETURN last;
    END $bound$;
`;
}
