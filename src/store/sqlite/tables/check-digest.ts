import type { DatabaseSync } from "node:sqlite";
import type { StoreReport } from "../../../trust/port/upkeep.ts";
import { TrustDigest } from "../digest/trust-digest.ts";

/** Adds to what is damaged whether the rows are those that were written. What cannot be read anyhow is not looked at. */
export function checkDigest(
  database: DatabaseSync,
  problems: readonly string[],
): Pick<StoreReport, "problems" | "digest"> {
  if (problems.length > 0) return { problems };
  const digest = new TrustDigest(database);
  const kept = digest.kept();
  const rows = digest.recomputed();
  if (kept === rows) return { problems, digest: rows };
  const problem = `something else than handclasp changed rows: their digest is ${rows}, and that of what was written ${kept}`;
  return { problems: [problem], digest: rows };
}
