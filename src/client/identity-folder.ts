import { randomUUID } from "node:crypto";
import {
  chmodSync,
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { HandclaspError } from "../errors.ts";
import { type Identity, type IdentityPem, parseIdentity } from "./identity.ts";

/** An identity on disk. Key and certificate are in one file: no crash can leave one without the other. */
export interface SavedIdentity extends Identity {
  readonly name: string;
  readonly file: string;
}

const SUFFIX = ".pem";
const NAME = /^[\p{L}\p{N}](?:[\p{L}\p{N}._@+-]{0,38}[\p{L}\p{N}_@+-])?$/u;

/** Reads an identity; undefined when there is none. Throws ERR_HANDCLASP_IDENTITY for one that cannot be used. */
export function openIdentity(folder: string, name: string): SavedIdentity | undefined {
  const file = identityFile(folder, name);
  const identity = readIdentityFile(file);
  return identity && { ...identity, name, file };
}

/** Keeps an identity. One that is there already stays, and is an error, unless `replace` is set. */
export function saveIdentity(
  folder: string,
  name: string,
  pem: IdentityPem,
  options: { readonly replace?: boolean } = {},
): SavedIdentity {
  const file = identityFile(folder, name);
  const identity = parseIdentity(pem, `the identity "${name}"`);
  if (!writeIdentityFile(file, identity, options.replace === true)) {
    throw new HandclaspError("ERR_HANDCLASP_IDENTITY", `there is an identity "${name}" already: ${file}`, {
      hint: "handclasp identity show prints it; give another name to have both",
    });
  }
  return { ...identity, name, file };
}

/** The identity, made when there is none. Of two processes that make it at once, one's is kept and both get that. */
export async function ensureIdentity(
  folder: string,
  name: string,
  make: () => IdentityPem | Promise<IdentityPem>,
): Promise<SavedIdentity & { readonly isNew: boolean }> {
  const file = identityFile(folder, name);
  return { ...(await ensureIdentityFile(file, make)), name, file };
}

/** The names of all identities in the folder, sorted; those that cannot be used too. */
export function listIdentities(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((file) => file.endsWith(SUFFIX))
      .map((file) => file.slice(0, -SUFFIX.length))
      .filter((name) => NAME.test(name))
      .toSorted();
  } catch (error) {
    if (hasCode(error, "ENOENT")) return [];
    throw failed(`cannot read ${folder}`, error);
  }
}

/** `ensureIdentity` for a file anywhere: a server's lies beside its trust store. */
export async function ensureIdentityFile(
  file: string,
  make: () => IdentityPem | Promise<IdentityPem>,
): Promise<Identity & { readonly isNew: boolean }> {
  const there = readIdentityFile(file);
  if (there !== undefined) return { ...there, isNew: false };
  const made = parseIdentity(await make(), file);
  if (writeIdentityFile(file, made, false)) return { ...made, isNew: true };
  const theirs = readIdentityFile(file);
  if (theirs !== undefined) return { ...theirs, isNew: false };
  throw failed(`cannot read ${file}`, new Error("it went away"));
}

/** Reads a file with a key and its certificate; undefined when there is no such file. */
export function readIdentityFile(file: string): Identity | undefined {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw failed(`cannot read ${file}`, error);
  }
  const blocks = text.match(/-----BEGIN ([A-Z0-9 ]+)-----[^-]*-----END \1-----/g) ?? [];
  const certificate = blocks.filter(isCertificate).join("\n");
  const key = blocks.filter((block) => !isCertificate(block)).join("\n");
  return parseIdentity({ key: `${key}\n`, certificate: `${certificate}\n` }, file);
}

function isCertificate(block: string): boolean {
  return block.startsWith("-----BEGIN CERTIFICATE-----");
}

/** Says false when a file is there already and may not be replaced. Complete, or not there at all. */
function writeIdentityFile(file: string, { key, certificate }: IdentityPem, replace: boolean): boolean {
  const folder = dirname(file);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const draft = `${file}.${randomUUID()}`;
    try {
      writeDurably(draft, `${key.trimEnd()}\n${certificate.trimEnd()}\n`);
      if (replace) renameSync(draft, file);
      else linkSync(draft, file);
      syncFolder(folder);
      return true;
    } finally {
      rmSync(draft, { force: true });
    }
  } catch (error) {
    if (hasCode(error, "EEXIST")) return false;
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

function identityFile(folder: string, name: string): string {
  if (NAME.test(name) && !name.includes("..")) return join(folder, `${name}${SUFFIX}`);
  throw new HandclaspError(
    "ERR_HANDCLASP_IDENTITY",
    `${JSON.stringify(name)} cannot be the name of an identity`,
    {
      hint: "use letters, digits and . _ @ + - inside, 40 characters at the most",
    },
  );
}

function failed(what: string, error: unknown): HandclaspError {
  const said = error instanceof Error ? error.message : String(error);
  return new HandclaspError("ERR_HANDCLASP_IDENTITY", `${what}: ${said}`, {
    hint: "look at who may read and write the folder and the file",
    cause: error,
  });
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
