import { createHash } from "node:crypto";
import { type Appender, type LogDraft, type LogEntry, type LogPlace } from "../../trust/port/change-log.ts";

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
  const hash = createHash("sha256")
    .update(Buffer.from(after.hash, "hex"))
    .update(uuidBytes(id))
    .update(Buffer.from([rules >>> 24, rules >>> 16, rules >>> 8, rules]))
    .update(uuidBytes(node))
    .update(at)
    .update(change)
    .digest("hex");
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

const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** What is wrong with an entry that was read after another; undefined when nothing is. */
export function problemOfEntry(after: LogPlace, entry: LogEntry): string | undefined {
  if (entry.position !== after.position + 1)
    return `entry ${entry.position} comes after entry ${after.position}`;
  if (entry.previous !== after.hash) return `entry ${entry.position} does not follow what was before it`;
  if (!MOMENT.test(entry.at) || Number.isNaN(Date.parse(entry.at)))
    return `entry ${entry.position} has no time`;
  const { hash } = sealEntry(after, entry, { node: entry.appendedBy, rules: entry.rules }, entry.at);
  return hash === entry.hash ? undefined : `the hash of entry ${entry.position} does not match what it says`;
}

function uuidBytes(uuid: string): Buffer {
  return Buffer.from(uuid.replaceAll("-", ""), "hex");
}
