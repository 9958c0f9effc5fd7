import { logSchema } from "./log.ts";
import { nodesSchema } from "./nodes.ts";
import { sharedSchema } from "./shared.ts";
import { snapshotsSchema } from "./snapshots.ts";

/**
 * Each brings the schema from its index to the next number. Never changed once released, and only adding, so that older
 * versions go on beside newer ones. Who runs has no right to any table: what it may do are functions.
 */
export const MIGRATIONS: readonly ((schema: string) => string)[] = [
  (schema) => [logSchema, nodesSchema, sharedSchema, snapshotsSchema].map((part) => part(schema)).join("\n"),
];
