import { ByteReader } from "../bytes/byte-reader.ts";
import type { HandclaspError } from "../errors.ts";

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

/** What a key log holds; `problems` are the first of `malformedLines`. */
export interface ParsedKeyLog {
  readonly entries: readonly KeyLogEntry[];
  readonly problems: readonly KeyLogProblem[];
  readonly malformedLines: number;
}

const REPORTED_PROBLEMS = 100;
/** An ECHConfig can be as long as 64 KiB; every other value is a digest or a master secret. RFC 9850 §2. */
const MOST_DIGITS = 2 * 65_535;
const RANDOM_LENGTH = 32;
const LINE = /^([^\s#]{1,64}) ([0-9a-f]+) ([0-9a-f]+)$/i;
/** What OpenSSL logs of RSA key exchange beside CLIENT_RANDOM: in place of the random a part of the ciphertext. */
const RSA_PREMASTER = /^RSA [0-9a-f]{16} [0-9a-f]+$/i;

/** Reads SSLKEYLOGFILE: lines end in CR, LF or CRLF, hex is in either case, `#` begins a comment. RFC 9850 §2. */
export function parseKeyLog(log: Uint8Array | string): ParsedKeyLog {
  const text =
    typeof log === "string" ? log : Buffer.from(log.buffer, log.byteOffset, log.length).toString("latin1");
  const entries: KeyLogEntry[] = [];
  const problems: KeyLogProblem[] = [];
  let malformedLines = 0;
  for (const [index, line] of text.split(/\r\n|\r|\n/).entries()) {
    const entry = readLine(line);
    if (entry === undefined) continue;
    if (!("problem" in entry)) {
      entries.push(entry);
      continue;
    }
    malformedLines++;
    if (problems.length < REPORTED_PROBLEMS) {
      problems.push({ line: index + 1, message: malformed(entry).message });
    }
  }
  return { entries, problems, malformedLines };
}

/** One line, with or without its end, as Node's `keylog` event gives it; undefined for comments, empty lines and RSA premaster secrets. RFC 9850 §2. */
export function parseKeyLogLine(line: Uint8Array | string): KeyLogEntry | undefined {
  const entry = readLine(typeof line === "string" ? line : Buffer.from(line).toString("latin1"));
  if (entry !== undefined && "problem" in entry) throw malformed(entry);
  return entry;
}

/** Made into an error only where somebody looks at it: a file of nonsense has millions. */
interface LineProblem {
  readonly problem: string;
  readonly field?: string;
}

function readLine(line: string): KeyLogEntry | LineProblem | undefined {
  const text = line.trim();
  if (text === "" || text.startsWith("#") || RSA_PREMASTER.test(text)) return undefined;
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
