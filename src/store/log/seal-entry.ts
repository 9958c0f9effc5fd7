import { type Appender, type LogDraft, type LogEntry, type LogPlace } from "../../trust/port/change-log.ts";
import { hashAfter } from "../../trust/records/hash-after.ts";

/**
 * Gives a change its place after another: SHA-256(previous hash ‖ id, 16 bytes ‖ rules, 4 bytes ‖ node, 16 bytes ‖ at ‖
 * change). PostgreSQL does the same in `append` of its schema.
 */
export function sealEntry(
  after: LogPlace,
  { id, change }: LogDraft,
  { node, rules }: Appender,
  at: string,
): LogEntry {
  const hash = hashAfter(
    `${after.hash}${hexOfUuid(id)}${(rules >>> 0).toString(16).padStart(8, "0")}${hexOfUuid(node)}`,
    at + change,
  );
  return {
    position: after.position + 1,
    id,
    previous: after.hash,
    hash,
    rules,
    appendedBy: node,
    at,
    change,
  };
}

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;
const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** What is wrong with an entry that was read after another; undefined when nothing is. */
export function problemOfEntry(after: LogPlace, entry: LogEntry): string | undefined {
  if (entry.position !== after.position + 1)
    return `entry ${entry.position} comes after entry ${after.position}`;
  if (entry.previous !== after.hash) return `entry ${entry.position} does not follow what was before it`;
  // Of others, not all would be in the hash.
  if (!UUID.test(entry.id) || !UUID.test(entry.appendedBy)) return `entry ${entry.position} has no id`;
  if (!MOMENT.test(entry.at) || Number.isNaN(Date.parse(entry.at)))
    return `entry ${entry.position} has no time`;
  const { hash } = sealEntry(after, entry, { node: entry.appendedBy, rules: entry.rules }, entry.at);
  return hash === entry.hash ? undefined : `the hash of entry ${entry.position} does not match what it says`;
}

function hexOfUuid(uuid: string): string {
  return uuid.replaceAll("-", "");
}
