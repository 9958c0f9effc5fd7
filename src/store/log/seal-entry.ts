import { hash } from "node:crypto";
import { type Appender, type LogDraft, type LogEntry, type LogPlace } from "../../trust/port/change-log.ts";

/** Gives a change its place after another. */
export function sealEntry(
  after: LogPlace,
  { id, change }: LogDraft,
  { node, rules }: Appender,
  at: string,
): LogEntry {
  const entry = {
    position: after.position + 1,
    id,
    previous: after.hash,
    hash: "",
    rules,
    appendedBy: node,
    at,
    change,
  };
  return { ...entry, hash: hashOf(entry).hash };
}

const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** What is wrong with an entry that was read after another; undefined when nothing is. */
export function problemOfEntry(after: LogPlace, entry: LogEntry): string | undefined {
  if (entry.position !== after.position + 1)
    return `entry ${entry.position} comes after entry ${after.position}`;
  if (entry.previous !== after.hash) return `entry ${entry.position} does not follow what was before it`;
  const { hash: said, hasIds } = hashOf(entry);
  // Of others, not all would be in the hash.
  if (!hasIds) return `entry ${entry.position} has no id`;
  if (!isMoment(entry.at)) return `entry ${entry.position} has no time`;
  return said === entry.hash ? undefined : `the hash of entry ${entry.position} does not match what it says`;
}

/** What is appended together has one time. */
let knownMoment = "";

function isMoment(at: string): boolean {
  if (at === knownMoment) return true;
  if (!MOMENT.test(at) || Number.isNaN(Date.parse(at))) return false;
  knownMoment = at;
  return true;
}

/** Of what comes before the time. */
const FIXED_BYTES = 32 + 16 + 4 + 16;

/** What nearly all fit into: made once, since this is done for each change. */
const scratch = Buffer.allocUnsafe(16 * 1024);

/**
 * SHA-256(previous hash ‖ id, 16 bytes ‖ rules, 4 bytes ‖ node, 16 bytes ‖ at ‖ change), and whether the ids are such.
 * PostgreSQL does the same in `append` of its schema.
 */
function hashOf({ previous, id, rules, appendedBy, at, change }: LogEntry): {
  readonly hash: string;
  readonly hasIds: boolean;
} {
  const most = FIXED_BYTES + 3 * (at.length + change.length);
  const bytes = most <= scratch.length ? scratch : Buffer.allocUnsafe(most);
  bytes.write(previous, 0, "hex");
  const hasId = writeUuid(bytes, 32, id);
  bytes.writeInt32BE(rules | 0, 48);
  const hasNode = writeUuid(bytes, 52, appendedBy);
  let end = FIXED_BYTES;
  end += bytes.write(at, end, "utf8");
  end += bytes.write(change, end, "utf8");
  return { hash: hash("sha256", bytes.subarray(0, end), "hex"), hasIds: hasId && hasNode };
}

const DASH = 0x2d;
const NO_DIGIT = 0xff;
const NIBBLES = Uint8Array.from({ length: 0x80 }, (_, code) => {
  const nibble = "0123456789abcdef".indexOf(String.fromCharCode(code));
  return nibble === -1 ? NO_DIGIT : nibble;
});

/** Its 16 bytes; whether it is a UUID in lower case, all of which is in them. */
function writeUuid(bytes: Uint8Array, start: number, uuid: string): boolean {
  let isOne = uuid.length === 36;
  let end = start;
  for (let at = 0; at < 36; at += 2) {
    if (at === 8 || at === 13 || at === 18 || at === 23) {
      isOne &&= uuid.charCodeAt(at) === DASH;
      at++;
    }
    const high = NIBBLES[uuid.charCodeAt(at)] ?? NO_DIGIT;
    const low = NIBBLES[uuid.charCodeAt(at + 1)] ?? NO_DIGIT;
    isOne &&= (high | low) !== NO_DIGIT;
    bytes[end++] = (high << 4) | low;
  }
  return isOne;
}
