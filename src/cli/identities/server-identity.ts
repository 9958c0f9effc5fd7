import { hostname } from "node:os";
import { type Identity, type IdentityPem, parseIdentity } from "../../client/identities/identity.ts";
import { ensureIdentityFile } from "../../client/identities/identity-file.ts";
import { StoreUrl } from "../../trust/port/store-url.ts";
import { HandclaspError, reasonOf } from "../../errors.ts";
import type { TrustStore } from "../../trust/port/trust-store.ts";
import { besideStore } from "../trust-store/beside-store.ts";
import { makeIdentity } from "./make-identity.ts";
import { readTextFile } from "../../client/identities/text-file.ts";

export interface ServerIdentityOptions {
  /** Files; both or neither. */
  readonly cert?: string;
  readonly key?: string;
  /** Opens an encrypted key; one that is made beside the store is encrypted with it. */
  readonly passphrase?: string;
}

/** The server's key and certificate: the ones given, else those beside the store, made on first start. */
export async function serverIdentity(store: TrustStore, options: ServerIdentityOptions): Promise<Identity> {
  const { cert, key, passphrase } = options;
  if (cert !== undefined && key !== undefined) return readServerIdentity(cert, key, passphrase);
  const file = serverIdentityFile(StoreUrl.parse(store.url));
  if (file === null) return parseIdentity(await identityInMemory(), "the new identity");
  return ensureIdentityFile(file, makeServerIdentity, passphrase);
}

/** The files that `serverIdentity` reads. */
export function serverIdentityFiles(
  store: TrustStore,
  { cert, key }: ServerIdentityOptions,
): readonly string[] {
  if (cert !== undefined && key !== undefined) return [cert, key];
  const file = serverIdentityFile(StoreUrl.parse(store.url));
  return file === null ? [] : [file];
}

/** The key and certificate in two PEM files, which must belong together. */
export function readServerIdentity(cert: string, key: string, passphrase?: string): Identity {
  const pem = { certificate: read(cert), key: read(key) };
  return parseIdentity(pem, `--cert ${cert} with --key ${key}`, passphrase);
}

let inMemory: Promise<IdentityPem> | undefined;

/** Beside a store in memory: one for the process, so that the key that is announced is the one that is shown. */
function identityInMemory(): Promise<IdentityPem> {
  inMemory ??= makeServerIdentity();
  return inMemory;
}

function makeServerIdentity(): Promise<IdentityPem> {
  return makeIdentity(hostname());
}

/** Beside the store: `trust.db` has `trust.db.server.pem`; null for one in memory. */
export function serverIdentityFile(store: StoreUrl): string | null {
  return besideStore(store, (own) => `${own}.server.pem`);
}

function read(file: string): string {
  try {
    return readTextFile(file);
  } catch (error) {
    throw new HandclaspError("ERR_HANDCLASP_IDENTITY", `cannot read ${file}: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}
