import { hostname } from "node:os";
import { type Identity, type IdentityPem, parseIdentity } from "../../client/identities/identity.ts";
import { ensureIdentityFile } from "../../client/identities/identity-file.ts";
import type { StoreUrl } from "../../trust/port/store-url.ts";
import { HandclaspError, reasonOf } from "../../errors.ts";
import type { CertificateFiles } from "../../gateway/config/config.ts";
import { besideStore } from "../trust-store/beside-store.ts";
import { makeIdentity } from "./make-identity.ts";
import { readTextFile } from "../../client/identities/text-file.ts";

/**
 * What a server shows to its clients: keys and certificates of files, or those that are kept beside its store and made
 * on first start. There is one of these in a process, so that what is announced is what is shown.
 */
export class ServerIdentity {
  readonly #store: StoreUrl;
  readonly #passphrase: string | undefined;
  readonly #read = new Map<string, Promise<Identity>>();
  /** Beside a store in memory. */
  #inMemory: Promise<IdentityPem> | undefined;

  /** A passphrase opens keys that are encrypted, and encrypts one that is made. */
  constructor(store: StoreUrl, { passphrase }: { readonly passphrase?: string } = {}) {
    this.#store = store;
    this.#passphrase = passphrase;
  }

  /** Reads it once: whoever asks again gets the same until `reread()`. Undefined stands for the one beside the store. */
  of(files?: CertificateFiles): Promise<Identity> {
    const key = JSON.stringify(files ?? null);
    let reading = this.#read.get(key);
    if (reading === undefined) {
      reading = this.#readNow(files);
      this.#read.set(key, reading);
    }
    return reading;
  }

  /** From now on everything is read anew. */
  reread(): void {
    this.#read.clear();
  }

  /** Whether files hold something else by now than what was read of them. */
  async hasChanged(): Promise<boolean> {
    for (const [key, reading] of this.#read) {
      const now = await this.#readNow((JSON.parse(key) as CertificateFiles | null) ?? undefined);
      if (now.facts.fingerprint !== (await reading).facts.fingerprint) return true;
    }
    return false;
  }

  /** What holds it. */
  filesOf(files?: CertificateFiles): readonly string[] {
    if (files !== undefined) return [files.cert, files.key];
    const file = serverIdentityFile(this.#store);
    return file === null ? [] : [file];
  }

  async #readNow(files: CertificateFiles | undefined): Promise<Identity> {
    if (files !== undefined) return readServerIdentity(files.cert, files.key, this.#passphrase);
    const file = serverIdentityFile(this.#store);
    if (file !== null) return await ensureIdentityFile(file, makeServerIdentity, this.#passphrase);
    this.#inMemory ??= makeServerIdentity();
    return parseIdentity(await this.#inMemory, "the new identity");
  }
}

/** The key and certificate in two PEM files, which must belong together. */
export function readServerIdentity(cert: string, key: string, passphrase?: string): Identity {
  const pem = { certificate: read(cert), key: read(key) };
  return parseIdentity(pem, `--cert ${cert} with --key ${key}`, passphrase);
}

/** Beside the store: `trust.db` has `trust.db.server.pem`; null for one in memory. */
export function serverIdentityFile(store: StoreUrl): string | null {
  return besideStore(store, (own) => `${own}.server.pem`);
}

function makeServerIdentity(): Promise<IdentityPem> {
  return makeIdentity(hostname());
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
