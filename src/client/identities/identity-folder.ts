import { readdirSync } from "node:fs";
import { join } from "node:path";
import { HandclaspError, hasCode, reasonOf } from "../../errors.ts";
import { type Identity, type IdentityPem, parseIdentity } from "./identity.ts";
import {
  createIdentityFile,
  ensureIdentityFile,
  readIdentityFile,
  replaceIdentityFile,
} from "./identity-file.ts";

/** An identity on disk. Key and certificate are in one file: no crash can leave one without the other. */
export interface SavedIdentity extends Identity {
  readonly name: string;
  readonly file: string;
}

export interface PassphraseOption {
  /** Opens a key that is encrypted; a key that is written is encrypted with it. */
  readonly passphrase?: string;
}

const SUFFIX = ".pem";
const NAME = /^[\p{L}\p{N}](?:[\p{L}\p{N}._@+-]{0,38}[\p{L}\p{N}_@+-])?$/u;

/**
 * Reads an identity; undefined when there is none. Throws ERR_HANDCLASP_IDENTITY for one that cannot be used, and
 * ERR_HANDCLASP_PASSPHRASE.
 */
export function openIdentity(
  folder: string,
  name: string,
  { passphrase }: PassphraseOption = {},
): SavedIdentity | undefined {
  const file = identityFile(folder, name);
  const identity = readIdentityFile(file, passphrase);
  return identity && { ...identity, name, file };
}

/** Keeps an identity. One that is there already stays, and is an error, unless `replace` is set. */
export function saveIdentity(
  folder: string,
  name: string,
  pem: IdentityPem,
  options: PassphraseOption & { readonly replace?: boolean } = {},
): SavedIdentity {
  const { passphrase, replace = false } = options;
  const file = identityFile(folder, name);
  const identity = parseIdentity(pem, `the identity "${name}"`, passphrase);
  if (replace) replaceIdentityFile(file, identity, passphrase);
  else if (!createIdentityFile(file, identity, passphrase)) {
    throw new HandclaspError("ERR_HANDCLASP_IDENTITY", `there is an identity "${name}" already: ${file}`, {
      hint: "give another name to have both, or look at the one that is there",
      remedies: [{ act: "look-at-identity", at: "client" }],
    });
  }
  return { ...identity, name, file };
}

/** The identity, made when there is none. Of two processes that make it at once, one's is kept and both get that. */
export async function ensureIdentity(
  folder: string,
  name: string,
  make: () => IdentityPem | Promise<IdentityPem>,
  { passphrase }: PassphraseOption = {},
): Promise<SavedIdentity & { readonly isNew: boolean }> {
  const file = identityFile(folder, name);
  return { ...(await ensureIdentityFile(file, make, passphrase)), name, file };
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
    throw new HandclaspError("ERR_HANDCLASP_IDENTITY", `cannot read ${folder}: ${reasonOf(error)}`, {
      hint: "look at who may read and write the folder and the file",
      cause: error,
    });
  }
}

/** Where an identity is kept. Throws ERR_HANDCLASP_IDENTITY for what cannot be the name of one. */
export function identityFile(folder: string, name: string): string {
  if (NAME.test(name) && !name.includes("..")) return join(folder, `${name}${SUFFIX}`);
  throw new HandclaspError(
    "ERR_HANDCLASP_IDENTITY",
    `${JSON.stringify(name)} cannot be the name of an identity`,
    {
      hint: "use letters, digits and . _ @ + - inside, 40 characters at the most",
    },
  );
}
