import { createPrivateKey, randomUUID } from "node:crypto";
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { HandclaspError, hasCode, reasonOf } from "../../errors.ts";
import type { CertificateFacts } from "../../x509/certificate-facts.ts";
import { type Identity, type IdentityPem, parseIdentity, parseShownIdentity } from "./identity.ts";
import { encodePrivateKey, isEncryptedKey } from "./private-key.ts";
import { readTextFile } from "./text-file.ts";

/** What a file with an identity shows without its key. */
export interface ShownIdentity {
  readonly certificate: string;
  readonly facts: CertificateFacts;
  /** Whether the key in the file needs a passphrase. */
  readonly isEncrypted: boolean;
}

/** Reads a file with a key and its certificate; undefined when there is no such file. */
export function readIdentityFile(file: string, passphrase?: string): Identity | undefined {
  const pem = readPem(file);
  return pem && parseIdentity(pem, file, passphrase);
}

/** Reads what it shows, whether or not its key can be read; undefined when there is no such file. */
export function showIdentityFile(file: string): ShownIdentity | undefined {
  const pem = readPem(file);
  if (pem === undefined) return undefined;
  const { certificate, key } = pem;
  return { certificate, facts: parseShownIdentity(certificate, file), isEncrypted: isEncryptedKey(key) };
}

/**
 * The identity in a file anywhere, made when there is none: a server's lies beside its trust store. Of two processes
 * that make it at once, one's is kept and both get that.
 */
export async function ensureIdentityFile(
  file: string,
  make: () => IdentityPem | Promise<IdentityPem>,
  passphrase?: string,
): Promise<Identity & { readonly isNew: boolean }> {
  const there = readIdentityFile(file, passphrase);
  if (there !== undefined) return { ...there, isNew: false };
  const made = parseIdentity(await make(), file, passphrase);
  if (createIdentityFile(file, made, passphrase)) return { ...made, isNew: true };
  const theirs = readIdentityFile(file, passphrase);
  if (theirs !== undefined) return { ...theirs, isNew: false };
  throw failed(`cannot read ${file}`, new Error("it went away"));
}

/** Says false when a file is there already. Complete, or not there at all. */
export function createIdentityFile(file: string, identity: IdentityPem, passphrase?: string): boolean {
  return writing(file, () => {
    const draft = `${file}.${randomUUID()}`;
    try {
      writeDurably(draft, encode(identity, passphrase));
      linkSync(draft, file);
      return true;
    } catch (error) {
      if (hasCode(error, "EEXIST")) return false;
      throw error;
    } finally {
      rmSync(draft, { force: true });
    }
  });
}

/**
 * Replaces what is there: whenever it is interrupted, the file has all of the old one or all of the new. A draft that
 * was left by somebody who was interrupted is removed: it may hold a key.
 */
export function replaceIdentityFile(at: string, identity: IdentityPem, passphrase?: string): void {
  // Where a link leads: what it led to would stay there, key and all.
  const file = existsSync(at) ? realpathSync(at) : at;
  writing(file, () => {
    const draft = `${file}.next`;
    rmSync(draft, { force: true });
    for (const left of draftsOf(file)) rmSync(left, { force: true });
    try {
      writeDurably(draft, encode(identity, passphrase));
      renameSync(draft, file);
    } catch (error) {
      rmSync(draft, { force: true });
      throw error;
    }
  });
}

/** What `createIdentityFile` leaves when it is interrupted: maybe the same file by another name. */
function draftsOf(file: string): readonly string[] {
  const folder = dirname(file);
  const prefix = `${basename(file)}.`;
  return readdirSync(folder)
    .filter((name) => name.startsWith(prefix) && UUID.test(name.slice(prefix.length)))
    .map((name) => join(folder, name));
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

function readPem(file: string): IdentityPem | undefined {
  let text: string;
  try {
    text = readTextFile(file);
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw failed(`cannot read ${file}`, error);
  }
  const blocks = text.match(/-----BEGIN ([A-Z0-9 ]+)-----[^]*?-----END \1-----/g) ?? [];
  const certificate = blocks.filter(isCertificate).join("\n");
  const key = blocks.filter((block) => !isCertificate(block)).join("\n");
  return { key: `${key}\n`, certificate: `${certificate}\n` };
}

function isCertificate(block: string): boolean {
  return block.startsWith("-----BEGIN CERTIFICATE-----");
}

function encode({ key, certificate }: IdentityPem, passphrase: string | undefined): string {
  const kept = passphrase === undefined ? key : encodePrivateKey(createPrivateKey(key), passphrase);
  return `${kept.trimEnd()}\n${certificate.trimEnd()}\n`;
}

function writing<T>(file: string, write: () => T): T {
  const folder = dirname(file);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const result = write();
    syncFolder(folder);
    return result;
  } catch (error) {
    throw failed(`cannot write ${file}`, error);
  }
}

function writeDurably(path: string, text: string): void {
  const file = openSync(path, "wx", 0o600);
  try {
    chmodSync(path, 0o600);
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function syncFolder(folder: string): void {
  const handle = openSync(folder, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function failed(what: string, error: unknown): HandclaspError {
  return new HandclaspError("ERR_HANDCLASP_IDENTITY", `${what}: ${reasonOf(error)}`, {
    hint: "look at who may read and write the folder and the file",
    cause: error,
  });
}
