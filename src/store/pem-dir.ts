import { randomUUID } from "node:crypto";
import {
  closeSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { checkOptions, FUNCTION, type OptionRules } from "../check-options.ts";
import { HandclaspError, isHandclaspError } from "../errors.ts";
import { parseEvent } from "../trust/events.ts";
import { parseKeyId, toKeyId } from "../trust/key-id.ts";
import type { KeyPin, KeyRecord } from "../trust/key-record.ts";
import type { TrustStore } from "../trust/port/trust-store.ts";

export interface PemDirOptions {
  /** Milliseconds since the epoch; approvals that ended by then have no file. */
  readonly now: () => number;
  /** Told of files that could not be written or removed later on. */
  readonly onError?: (error: unknown) => void;
}

const RULES: OptionRules<PemDirOptions> = { now: FUNCTION, onError: FUNCTION };

/** Renewals and the end of an approval are no events: they are looked for this often. */
const SWEEP_MS = 30_000;
/** A renewal is in the store about a second after the connection that showed it. */
const RENEWAL_MS = 1500;

/**
 * A folder with the certificate of each trusted key as `KEYID.pem`, kept in step with the store, whichever process
 * changes it. Throws ERR_HANDCLASP_PEM_DIR, and touches nothing, when there is anything else in the folder.
 */
export class PemDir implements Disposable {
  readonly folder: string;
  readonly #store: TrustStore;
  readonly #options: PemDirOptions;
  /** The fingerprint that each file holds. */
  readonly #written = new Map<KeyPin, string>();
  readonly #stop: () => void;
  readonly #sweep: NodeJS.Timeout;
  readonly #renewals = new Set<NodeJS.Timeout>();

  constructor(store: TrustStore, folder: string, options: PemDirOptions) {
    checkOptions("PemDir", options, RULES, ["now"]);
    this.folder = folder;
    this.#store = store;
    this.#options = options;
    const found = listFolder(folder);
    this.#stop = store.onEvents((events) => {
      for (const { json } of events) {
        const pin = parseEvent(json)?.pin;
        if (pin) this.#try(() => this.#update(pin, store.key(pin)));
      }
    });
    this.#sweep = setInterval(() => this.#try(() => this.#updateAll()), SWEEP_MS).unref();
    try {
      for (const pin of found) if (!this.#isWanted(store.key(pin))) this.#remove(pin);
      this.#updateAll();
    } catch (error) {
      this[Symbol.dispose]();
      throw isHandclaspError(error) ? error : unwritable(folder, error);
    }
  }

  /** Looks at a key again when the store will have the certificate that it just showed. */
  renewed(pin: KeyPin): void {
    const timer = setTimeout(() => {
      this.#renewals.delete(timer);
      this.#try(() => this.#update(pin, this.#store.key(pin)));
    }, RENEWAL_MS).unref();
    this.#renewals.add(timer);
  }

  /** Stops following the store; the files stay. */
  [Symbol.dispose](): void {
    this.#stop();
    clearInterval(this.#sweep);
    for (const timer of this.#renewals) clearTimeout(timer);
  }

  #updateAll(): void {
    const left = new Set(this.#written.keys());
    for (const key of this.#store.keys()) {
      this.#update(key.pin, key);
      left.delete(key.pin);
    }
    for (const pin of left) this.#remove(pin);
  }

  #update(pin: KeyPin, key: KeyRecord | undefined): void {
    if (!this.#isWanted(key)) this.#remove(pin);
    else if (this.#written.get(pin) !== key.fingerprint) this.#write(key);
  }

  #isWanted(key: KeyRecord | undefined): key is KeyRecord {
    return key?.state === "trusted" && (key.expires === null || this.#options.now() < key.expires);
  }

  #write(key: KeyRecord): void {
    const accepted = this.#store
      .certificates(key.pin)
      .find(({ fingerprint }) => fingerprint === key.fingerprint);
    if (accepted === undefined) return;
    replaceFile(join(this.folder, fileName(key.pin)), toPemText(accepted.der));
    this.#written.set(key.pin, key.fingerprint);
  }

  #remove(pin: KeyPin): void {
    rmSync(join(this.folder, fileName(pin)), { force: true });
    this.#written.delete(pin);
  }

  #try(change: () => void): void {
    try {
      change();
    } catch (error) {
      this.#options.onError?.(error);
    }
  }
}

function fileName(pin: KeyPin): string {
  return `${toKeyId(pin)}.pem`;
}

/** The keys that have files. What a crash left half-written is not ours to show, so it goes. */
function listFolder(folder: string): readonly KeyPin[] {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o755 });
    const pins: KeyPin[] = [];
    const drafts: string[] = [];
    const foreign: string[] = [];
    for (const name of readdirSync(folder)) {
      const pin = lstatSync(join(folder, name)).isFile() ? pinOf(name) : undefined;
      if (pin !== undefined) pins.push(pin);
      else if (DRAFT.test(name)) drafts.push(name);
      else foreign.push(name);
    }
    if (foreign.length > 0) throw foreignFiles(folder, foreign);
    for (const draft of drafts) rmSync(join(folder, draft), { force: true });
    return pins;
  } catch (error) {
    throw isHandclaspError(error) ? error : unwritable(folder, error);
  }
}

const DRAFT = /^\.[A-Z2-7-]+\.pem\.[0-9a-f-]{36}$/;

function pinOf(name: string): KeyPin | undefined {
  if (!name.endsWith(".pem")) return undefined;
  try {
    const pin = parseKeyId(name.slice(0, -".pem".length));
    return fileName(pin) === name ? pin : undefined;
  } catch {
    return undefined;
  }
}

/** Readers see the former file or the new one, never a part. Another process may have swept the draft away. */
function replaceFile(path: string, text: string): void {
  const at = path.lastIndexOf("/") + 1;
  for (let tries = 3; ; tries--) {
    const draft = `${path.slice(0, at)}.${path.slice(at)}.${randomUUID()}`;
    const file = openSync(draft, "wx", 0o644);
    try {
      try {
        writeFileSync(file, text);
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
      renameSync(draft, path);
      return;
    } catch (error) {
      rmSync(draft, { force: true });
      if (tries === 0 || !(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
    }
  }
}

/** RFC 7468. */
function toPemText(der: Uint8Array): string {
  const lines = Buffer.from(der)
    .toString("base64")
    .replaceAll(/.{64}(?!$)/g, "$&\n");
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}

function foreignFiles(folder: string, names: readonly string[]): HandclaspError {
  const shown = names
    .slice(0, 3)
    .map((name) => JSON.stringify(name))
    .join(", ");
  const more = names.length > 3 ? ` and ${names.length - 3} more` : "";
  return new HandclaspError(
    "ERR_HANDCLASP_PEM_DIR",
    `${folder} holds files that are not ours: ${shown}${more}`,
    {
      hint: "give the PEM files a folder of their own: files in it are removed when their keys are revoked",
    },
  );
}

function unwritable(folder: string, error: unknown): HandclaspError {
  const said = error instanceof Error ? error.message : String(error);
  return new HandclaspError("ERR_HANDCLASP_PEM_DIR", `cannot keep PEM files in ${folder}: ${said}`, {
    cause: error,
  });
}
