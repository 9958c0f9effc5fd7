/**
 * How those functions are made that a machine may call and that write: as their owner, by names that nobody can put something
 * before. What somebody else holds is waited for no longer than this, whoever holds it, and for however long.
 */
export const BY_FUNCTION =
  "LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s'";

/** For functions that others call: by itself, a role that runs can do nothing with them. */
export const INSIDE = "LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp";

/** Of rows that are no machine's. */
export const NOBODY = "'00000000-0000-0000-0000-000000000000'::uuid";

/** What becomes of a shared row that the database itself takes away, so that all machines hear of it. */
export const GONE: string = `value = NULL, written_by = ${NOBODY}, written = now_ms, revision = last`;
