import type { DatabaseSync } from "node:sqlite";
import { type AuditReport, auditRows } from "../../../trust/chain/audit-rows.ts";
import type { StoreReport } from "../../../trust/port/upkeep.ts";
import { checkDigest } from "./check-digest.ts";
import { integrityProblems } from "../file/sqlite-file.ts";
import { inOneSnapshot, storedEvents, trustRows } from "./trust-rows.ts";

/** Recomputes the chain in a database, and compares its rows with it. */
export function auditDatabase(database: DatabaseSync): AuditReport {
  return inOneSnapshot(database, () => audit(database));
}

/** The same, and looks for damage. */
export function checkDatabase(database: DatabaseSync): StoreReport {
  return inOneSnapshot(database, () => ({
    ...checkDigest(database, integrityProblems(database, "integrity_check")),
    ...audit(database),
  }));
}

function audit(database: DatabaseSync): AuditReport {
  return auditRows(storedEvents(database), trustRows(database));
}
