import { ByteReader } from "../../bytes/byte-reader.ts";
import type { HandclaspError } from "../../errors.ts";

/** One secret of one connection. RFC 9850 §2. */
export interface KeyLogEntry {
  /** Any label, known to us or not. */
  readonly label: string;
  /** The random of the (first) ClientHello, 32 bytes. */
  readonly clientRandom: Uint8Array;
  readonly secret: Uint8Array;
}

/** A line that is none; `line` counts from 1. */
export interface KeyLogProblem {
  readonly line: number;
  readonly message: string;
}

/** What NSS logged before there were client randoms: the master secret of a session of TLS 1.2 or before. */
export interface SessionSecret {
  /** As in the ServerHello. */
  readonly sessionId: Uint8Array;
  readonly masterSecret: Uint8Array;
}

/** What a key log holds; `problems` are the first of `malformedLines`. */
export interface ParsedKeyLog {
  readonly entries: readonly KeyLogEntry[];
  /** The lines `RSA Session-ID:… Master-Key:…`. */
  readonly sessions: readonly SessionSecret[];
  /** How many lines hold a premaster secret (`RSA`, `PMS_CLIENT_RANDOM`), which is not kept. */
  readonly premasterLines: number;
  readonly problems: readonly KeyLogProblem[];
  readonly malformedLines: number;
}

const REPORTED_PROBLEMS = 100;
/** An ECHConfig can be as long as 64 KiB; every other value is a digest or a master secret. RFC 9850 §2. */
const MOST_DIGITS = 2 * 65_535;
const RANDOM_LENGTH = 32;
const LINE = /^([^\s#]{1,64}) ([0-9a-f]+) ([0-9a-f]+)$/i;
/** What OpenSSL logs of RSA key exchange beside CLIENT_RANDOM: in place of the random a part of the ciphertext. */
const PREMASTER = /^(?:RSA [0-9a-f]{16}|PMS_CLIENT_RANDOM [0-9a-f]{64}) [0-9a-f]+$/i;
const SESSION = /^RSA Session-ID:([0-9a-f]{2,64}) Master-Key:([0-9a-f]{96})$/i;

/**
 * Reads SSLKEYLOGFILE: lines end in CR, LF or CRLF, hex is in either case, `#` begins a comment. RFC 9850 §2. A byte order
 * mark, as editors and shells of Windows put in front, is none of its lines.
 */
export function parseKeyLog(log: Uint8Array | string): ParsedKeyLog {
  const text = typeof log === "string" ? log.replace(/^\uFEFF/, "") : keyLogDecoder(log)(log);
  const entries: KeyLogEntry[] = [];
  const sessions: SessionSecret[] = [];
  let premasterLines = 0;
  const problems: KeyLogProblem[] = [];
  let malformedLines = 0;
  for (const [index, line] of text.split(/\r\n|\r|\n/).entries()) {
    const entry = readLine(line);
    if (entry === undefined) continue;
    if ("label" in entry) {
      entries.push(entry);
      continue;
    }
    if ("isPremaster" in entry) {
      premasterLines++;
      continue;
    }
    if ("sessionId" in entry) {
      sessions.push(entry);
      continue;
    }
    malformedLines++;
    if (problems.length < REPORTED_PROBLEMS) {
      problems.push({ line: index + 1, message: malformed(entry).message });
    }
  }
  return { entries, sessions, premasterLines, problems, malformedLines };
}

/**
 * What turns the bytes of a key log into text, piece after piece, told by the first: UTF-16 where a byte order mark says so,
 * else Latin-1.
 */
export function keyLogDecoder(start: Uint8Array): (bytes: Uint8Array) => string {
  const [first, second, third] = start;
  if (first === 0xff && second === 0xfe) return utf16Decoder("utf-16le");
  if (first === 0xfe && second === 0xff) return utf16Decoder("utf-16be");
  let mark = first === 0xef && second === 0xbb && third === 0xbf ? 3 : 0;
  return (bytes) => {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset + mark, bytes.length - mark).toString("latin1");
    mark = 0;
    return text;
  };
}

function utf16Decoder(encoding: "utf-16le" | "utf-16be"): (bytes: Uint8Array) => string {
  const decoder = new TextDecoder(encoding);
  return (bytes) => decoder.decode(bytes, { stream: true });
}

/** One line, with or without its end, as Node's `keylog` event gives it; undefined for comments, empty lines, and secrets that are not found by a client random. RFC 9850 §2. */
export function parseKeyLogLine(line: Uint8Array | string): KeyLogEntry | undefined {
  const entry = readLine(typeof line === "string" ? line : Buffer.from(line).toString("latin1"));
  if (entry === undefined || "label" in entry) return entry;
  if ("problem" in entry) throw malformed(entry);
  return undefined;
}

/** An entry as a line of a key log, without its end. */
export function toKeyLogLine({ label, clientRandom, secret }: KeyLogEntry): string {
  return `${label} ${toHex(clientRandom)} ${toHex(secret)}`;
}

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("hex");
}

/** Made into an error only where somebody looks at it: a file of nonsense has millions. */
interface LineProblem {
  readonly problem: string;
  readonly field?: string;
}

interface PremasterLine {
  readonly isPremaster: true;
}
const PREMASTER_LINE: PremasterLine = { isPremaster: true };

function readLine(line: string): KeyLogEntry | SessionSecret | LineProblem | PremasterLine | undefined {
  const text = line.trim();
  if (text === "" || text.startsWith("#")) return undefined;
  if (PREMASTER.test(text)) return PREMASTER_LINE;
  const [, sessionId, masterSecret] = SESSION.exec(text) ?? [];
  if (sessionId !== undefined && masterSecret !== undefined && sessionId.length % 2 === 0)
    return { sessionId: Buffer.from(sessionId, "hex"), masterSecret: Buffer.from(masterSecret, "hex") };
  const [, label, random, secret] = LINE.exec(text) ?? [];
  if (label === undefined || random === undefined || secret === undefined) {
    return { problem: "needs a label, a client random and a secret in hex, each after one space" };
  }
  if (random.length !== 2 * RANDOM_LENGTH) {
    return { problem: `needs 64 digits, has ${random.length}`, field: "client_random" };
  }
  if (secret.length % 2 !== 0) return { problem: "has half a byte", field: "secret" };
  if (secret.length > MOST_DIGITS) {
    return { problem: `has ${secret.length} digits, at most ${MOST_DIGITS}`, field: "secret" };
  }
  return { label, clientRandom: Buffer.from(random, "hex"), secret: Buffer.from(secret, "hex") };
}

function malformed({ problem, field }: LineProblem): HandclaspError {
  return new ByteReader(new Uint8Array(), "key_log").malformed(problem, field);
}
