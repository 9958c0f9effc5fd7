import type { ClusterAddress } from "../../trust/port/cluster-address.ts";

/** What opens a database: from where those of PostgreSQL look for it. Empty where nobody says. */
export function databasePassword(_address: ClusterAddress): string {
  return process.env["PGPASSWORD"] ?? "";
}
