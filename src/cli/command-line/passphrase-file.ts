import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { Option } from "commander";
import { HandclaspError, reasonOf } from "../../errors.ts";
import { say } from "../terminal/output.ts";
import { decodeText } from "../../client/identities/text-file.ts";

/** What `--passphrase-file` gives. */
export interface PassphraseFlag {
  readonly passphraseFile?: string;
}

const MOST_BYTES = 1024;
const OTHERS = 0o007;

/** `--passphrase-file FILE`, wherever a private key is read or written. */
export function passphraseOption(
  about = "opens an encrypted key; a key that is written is encrypted with it",
): Option {
  return new Option("--passphrase-file <file>", `its first line ${about}`);
}

/** For calls that take `passphrase` among other options. */
export function passphraseFrom({ passphraseFile }: PassphraseFlag): { readonly passphrase?: string } {
  return passphraseFile === undefined ? {} : { passphrase: readPassphrase(passphraseFile) };
}

/** The first line of a file. Warns when everybody may read it. Throws ERR_HANDCLASP_PASSPHRASE. */
export function readPassphrase(path: string): string {
  const text = read(path);
  const [line = ""] = text.split(/\r?\n/, 1);
  if (line === "") throw unusable(path, "its first line is empty");
  if (Buffer.byteLength(line) > MOST_BYTES || line.includes("\ufffd")) {
    throw unusable(path, `its first line is no text of at most ${MOST_BYTES} bytes`);
  }
  return line;
}

function read(path: string): string {
  let file: number | undefined;
  try {
    file = openSync(path, "r");
    const stat = fstatSync(file);
    if (stat.isFile() && (stat.mode & OTHERS) !== 0) {
      say(`warning: everybody may read ${path} (${(stat.mode & 0o777).toString(8)}): chmod 600 ${path}`);
    }
    const buffer = Buffer.alloc(4 * MOST_BYTES);
    let length = 0;
    for (;;) {
      const count = readSync(file, buffer, length, buffer.length - length, null);
      length += count;
      if (count === 0 || length === buffer.length) return decodeText(buffer.subarray(0, length));
    }
  } catch (error) {
    throw unusable(path, reasonOf(error), error);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function unusable(path: string, problem: string, cause?: unknown): HandclaspError {
  return new HandclaspError("ERR_HANDCLASP_PASSPHRASE", `no passphrase in ${path}: ${problem}`, { cause });
}
