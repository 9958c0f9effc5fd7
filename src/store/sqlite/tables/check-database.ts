import type { DatabaseSync } from "node:sqlite";
import { type AuditReport, auditRows } from "../../../trust/chain/audit-rows.ts";
import type { StoreReport } from "../../../trust/port/upkeep.ts";
import { verifyChain } from "../../../trust/records/events.ts";
import { isBeingFilled } from "../snapshot/being-filled.ts";
import { checkDigest } from "./check-digest.ts";
import { integrityProblems } from "../file/sqlite-file.ts";
import { inOneSnapshot, storedEvents, trustRows } from "./trust-rows.ts";

/** Recomputes the chain in a database, and compares its rows with it. */
export function auditDatabase(database: DatabaseSync): AuditReport {
  return inOneSnapshot(database, () => audit(database));
}

/** The same, and looks for damage. */
export function checkDatabase(database: DatabaseSync): StoreReport {
  return inOneSnapshot(database, () => {
    const problems = integrityProblems(database, "integrity_check");
    // What is there of a snapshot comes to nothing yet.
    if (isBeingFilled(database)) return { problems, chain: verifyChain(storedEvents(database)), rows: null };
    return { ...checkDigest(database, problems), ...audit(database) };
  });
}

function audit(database: DatabaseSync): AuditReport {
  return auditRows(storedEvents(database), trustRows(database));
}
