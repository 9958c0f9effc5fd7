import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { type Identity, type IdentityPem, parseIdentity } from "../client/identity.ts";
import { ensureIdentityFile } from "../client/identity-file.ts";
import { HandclaspError } from "../errors.ts";
import type { TrustStore } from "../trust/trust-store.ts";
import { makeIdentity } from "./identity-make.ts";

/** PEM files. */
interface CertificateOptions {
  readonly cert: string;
  readonly key: string;
}

/** The server's key and certificate: the ones given, else those beside the store, made on first start. */
export async function serverIdentity(
  store: TrustStore,
  { cert, key }: Partial<CertificateOptions>,
): Promise<Identity> {
  if (cert !== undefined && key !== undefined) return readServerIdentity(cert, key);
  if (!store.url.startsWith("sqlite:")) return parseIdentity(await makeServerIdentity(), "the new identity");
  return ensureIdentityFile(serverIdentityFile(store.url), makeServerIdentity);
}

/** The key and certificate in two PEM files, which must belong together. */
export function readServerIdentity(cert: string, key: string): Identity {
  return parseIdentity({ certificate: read(cert), key: read(key) }, `--cert ${cert} with --key ${key}`);
}

function makeServerIdentity(): Promise<IdentityPem> {
  return makeIdentity(hostname());
}

/** Beside the store: `trust.db` has `trust.db.server.pem`. */
export function serverIdentityFile(storeUrl: string): string {
  return `${storeUrl.replace(/^sqlite:/, "")}.server.pem`;
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    throw new HandclaspError("ERR_HANDCLASP_IDENTITY", `cannot read ${file}: ${said}`, { cause: error });
  }
}
