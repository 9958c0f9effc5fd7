import { randomUUID } from "node:crypto";
import { mkdir, open, opendir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { checkOptions, FUNCTION, type OptionRules } from "../check-options.ts";
import { HandclaspError, hasCode, isHandclaspError, reasonOf } from "../errors.ts";
import { parseEvent } from "../trust/records/events.ts";
import { parseKeyId, toKeyId } from "../trust/naming/key-id.ts";
import type { KeyPin, KeyRecord } from "../trust/records/key-record.ts";
import { everyItem } from "../trust/port/page.ts";
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

/** What a file holds. */
interface Written {
  readonly fingerprint: string;
  /** The walk over all keys that met it last. */
  readonly walk: number;
}

/**
 * A folder with the certificate of each trusted key as `KEYID.pem`, kept in step with the store, whichever process
 * changes it: one file after the other, in the order of what happened.
 */
export class PemDir implements AsyncDisposable {
  readonly folder: string;
  readonly #store: TrustStore;
  readonly #options: PemDirOptions;
  readonly #written = new Map<KeyPin, Written>();
  /** Keys to be looked at again. */
  readonly #due = new Set<KeyPin>();
  readonly #stops: readonly (() => void)[];
  readonly #sweep: NodeJS.Timeout;
  readonly #renewals = new Set<NodeJS.Timeout>();
  /** The last of what was begun; it never rejects. */
  #last: Promise<void> = Promise.resolve();
  #walk = 0;
  #isWalking = false;
  #isClosed = false;

  private constructor(store: TrustStore, folder: string, options: PemDirOptions) {
    this.folder = folder;
    this.#store = store;
    this.#options = options;
    this.#stops = [
      store.onAnew((anew) => {
        const pins = anew.why === "barred" ? anew.pins : anew.events.map(({ pin }) => pin);
        for (const pin of pins) if (pin !== null) this.#lookAt(pin);
      }),
      store.onEvents((events) => {
        for (const { json } of events) {
          const pin = parseEvent(json)?.pin;
          if (pin) this.#lookAt(pin);
        }
      }),
    ];
    this.#sweep = setInterval(() => {
      if (this.#isWalking) return;
      this.#afterwards(async () => this.#updateAll()).catch((error: unknown) => this.#tell(error));
    }, SWEEP_MS).unref();
  }

  /**
   * Resolves when all files are there. Rejects with ERR_HANDCLASP_PEM_DIR, and touches nothing, when there is anything
   * else in the folder.
   */
  static async open(store: TrustStore, folder: string, options: PemDirOptions): Promise<PemDir> {
    checkOptions("PemDir.open", options, RULES, ["now"]);
    try {
      await mkdir(folder, { recursive: true, mode: 0o755 });
      await refuseForeign(folder);
    } catch (error) {
      throw isHandclaspError(error) ? error : unwritable(folder, error);
    }
    const pemDir = new PemDir(store, folder, options);
    try {
      await pemDir.#afterwards(async () => pemDir.#begin());
      return pemDir;
    } catch (error) {
      await pemDir[Symbol.asyncDispose]();
      throw isHandclaspError(error) ? error : unwritable(folder, error);
    }
  }

  /** Looks at a key again when the store will have the certificate that it just showed. */
  renewed(pin: KeyPin): void {
    if (this.#isClosed) return;
    const timer = setTimeout(() => {
      this.#renewals.delete(timer);
      this.#lookAt(pin);
    }, RENEWAL_MS).unref();
    this.#renewals.add(timer);
  }

  /** Stops following the store, and resolves when what was heard of it until then is in the files, which stay. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    for (const stop of this.#stops) stop();
    clearInterval(this.#sweep);
    for (const timer of this.#renewals) clearTimeout(timer);
    await this.#last;
  }

  #afterwards(act: () => Promise<void>): Promise<void> {
    const done = this.#last.then(act);
    this.#last = done.catch(() => undefined);
    return done;
  }

  #lookAt(pin: KeyPin): void {
    if (this.#due.size === 0) void this.#afterwards(async () => this.#updateDue());
    this.#due.add(pin);
  }

  async #updateDue(): Promise<void> {
    for (const pin of this.#due) {
      this.#due.delete(pin);
      try {
        await this.#update(pin);
      } catch (error) {
        this.#tell(error);
      }
    }
  }

  /** Removes what a former run left: a crash's halves, and keys that are trusted no longer. */
  async #begin(): Promise<void> {
    for await (const { name } of await opendir(this.folder)) {
      const pin = pinOf(name);
      if (pin !== undefined && !this.#isWanted(this.#store.key(pin))) await this.#remove(pin);
      else if (DRAFT.test(name)) await rm(join(this.folder, name), { force: true });
    }
    await this.#updateAll();
  }

  /** What happens meanwhile need not wait until the end. */
  async #updateAll(): Promise<void> {
    this.#isWalking = true;
    this.#walk++;
    try {
      const trusted = everyItem(async (page) => {
        await setImmediate();
        return this.#store.listKeys({ state: "trusted", ...page });
      });
      for await (const key of trusted) {
        await this.#updateDue();
        if (this.#isClosed) return;
        const isWritten = this.#written.get(key.pin)?.fingerprint === key.fingerprint;
        if (isWritten && this.#isWanted(key)) this.#note(key);
        else await this.#update(key.pin);
      }
      for (const [pin, { walk }] of this.#written) {
        if (this.#isClosed) return;
        if (walk !== this.#walk) await this.#update(pin);
      }
    } finally {
      this.#isWalking = false;
    }
  }

  /** By what the store knows now. */
  async #update(pin: KeyPin): Promise<void> {
    const key = this.#store.key(pin);
    if (!this.#isWanted(key)) await this.#remove(pin);
    else if (this.#written.get(pin)?.fingerprint === key.fingerprint) this.#note(key);
    else await this.#write(key);
  }

  #isWanted(key: KeyRecord | undefined): key is KeyRecord {
    return key?.state === "trusted" && (key.expires === null || this.#options.now() < key.expires);
  }

  async #write(key: KeyRecord): Promise<void> {
    const certificates = await this.#store.listCertificates(key.pin);
    const accepted = certificates.find(({ fingerprint }) => fingerprint === key.fingerprint);
    if (accepted === undefined) return;
    await replaceFile(this.folder, fileName(key.pin), toPemText(accepted.der));
    this.#note(key);
  }

  #note({ pin, fingerprint }: KeyRecord): void {
    this.#written.set(pin, { fingerprint, walk: this.#walk });
  }

  async #remove(pin: KeyPin): Promise<void> {
    await rm(join(this.folder, fileName(pin)), { force: true });
    this.#written.delete(pin);
  }

  /** What the listener throws is thrown where nobody waits for it, and stops no other file. */
  #tell(error: unknown): void {
    queueMicrotask(() => this.#options.onError?.(error));
  }
}

function fileName(pin: KeyPin): string {
  return `${toKeyId(pin)}.pem`;
}

async function refuseForeign(folder: string): Promise<void> {
  let count = 0;
  let shown: readonly string[] = [];
  for await (const entry of await opendir(folder)) {
    const isOurs = DRAFT.test(entry.name) || (entry.isFile() && pinOf(entry.name) !== undefined);
    if (isOurs) continue;
    count++;
    shown = [...shown, entry.name].toSorted().slice(0, 3);
  }
  if (count > 0) throw foreignFiles(folder, shown, count);
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
async function replaceFile(folder: string, name: string, text: string): Promise<void> {
  for (let tries = 3; ; tries--) {
    const draft = join(folder, `.${name}.${randomUUID()}`);
    try {
      await writeDurably(draft, text);
      await rename(draft, join(folder, name));
      return;
    } catch (error) {
      await rm(draft, { force: true });
      if (tries === 0 || !hasCode(error, "ENOENT")) throw error;
    }
  }
}

async function writeDurably(path: string, text: string): Promise<void> {
  await using file = await open(path, "wx", 0o644);
  await file.writeFile(text);
  await file.sync();
}

/** RFC 7468. */
function toPemText(der: Uint8Array): string {
  const lines = Buffer.from(der)
    .toString("base64")
    .replaceAll(/.{64}(?!$)/g, "$&\n");
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}

function foreignFiles(folder: string, names: readonly string[], count: number): HandclaspError {
  const shown = names.map((name) => JSON.stringify(name)).join(", ");
  const more = count > names.length ? ` and ${count - names.length} more` : "";
  return new HandclaspError(
    "ERR_HANDCLASP_PEM_DIR",
    `${folder} holds files that are not ours: ${shown}${more}`,
    {
      hint: "give the PEM files a folder of their own: files in it are removed when their keys are revoked",
    },
  );
}

function unwritable(folder: string, error: unknown): HandclaspError {
  return new HandclaspError(
    "ERR_HANDCLASP_PEM_DIR",
    `cannot keep PEM files in ${folder}: ${reasonOf(error)}`,
    {
      cause: error,
    },
  );
}
