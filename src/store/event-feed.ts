import type { DatabaseSync, StatementSync } from "node:sqlite";
import { HandclaspError } from "../errors.ts";
import type { SealedEvent } from "../trust/events.ts";
import { readSchema } from "./schema.ts";
import { toStoreError } from "./sqlite-errors.ts";
import { type FileIdentity, fileIdentity } from "./sqlite-file.ts";

const POLL_MS = 50;
const MOST_AT_ONCE = 1000;

type Listener = (events: readonly SealedEvent[]) => void;

/**
 * Notices what other processes commit, by `PRAGMA data_version`, and whether the file is still the one that was
 * opened. https://www.sqlite.org/pragma.html#pragma_data_version
 */
export class EventFeed {
  /** Why nothing may be read; undefined while all is well. */
  failure: HandclaspError | undefined;
  readonly #database: DatabaseSync;
  readonly #path: string | null;
  readonly #identity: FileIdentity | undefined;
  readonly #version: StatementSync;
  readonly #after: StatementSync;
  readonly #listeners = new Set<Listener>();
  readonly #timer: NodeJS.Timeout | undefined;
  #seenVersion: number;
  #sequence: number;

  constructor(database: DatabaseSync, path: string | null) {
    this.#database = database;
    this.#path = path;
    this.#identity = path === null ? undefined : fileIdentity(path);
    this.#version = database.prepare("PRAGMA data_version");
    this.#after = database.prepare(
      "SELECT sequence, json, hash FROM events WHERE sequence > ? ORDER BY sequence LIMIT ?",
    );
    this.#seenVersion = this.#readVersion();
    const last = database.prepare("SELECT max(sequence) AS last FROM events").get() as {
      last: number | null;
    };
    this.#sequence = last.last ?? 0;
    if (path !== null) this.#timer = setInterval(() => this.#poll(), POLL_MS).unref();
  }

  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#listeners.clear();
  }

  /** Tells the listeners what came since they were last told. */
  announce(): void {
    for (;;) {
      const events = this.#after.all(this.#sequence, MOST_AT_ONCE) as unknown as SealedEvent[];
      const last = events.at(-1);
      if (last === undefined) return;
      this.#sequence = last.sequence;
      for (const listener of this.#listeners) listener(events);
    }
  }

  #poll(): void {
    try {
      this.failure = this.#lostFile();
      if (this.failure !== undefined) return;
      const version = this.#readVersion();
      if (version === this.#seenVersion) return;
      readSchema(this.#database);
      this.announce();
      this.#seenVersion = version;
    } catch (error) {
      this.failure = toStoreError(error, "ERR_HANDCLASP_STORE_READ", "cannot read the trust store");
    }
  }

  #lostFile(): HandclaspError | undefined {
    if (this.#path === null) return undefined;
    const now = fileIdentity(this.#path);
    if (now !== undefined && now.inode === this.#identity?.inode && now.device === this.#identity.device)
      return undefined;
    const what = now === undefined ? "was removed" : "was replaced by another file";
    return new HandclaspError(
      "ERR_HANDCLASP_STORE_READ",
      `the trust store ${this.#path} ${what} while it was in use`,
      {
        hint: "put the file back, or restart to use the new one",
      },
    );
  }

  #readVersion(): number {
    return (this.#version.get() as { data_version: number }).data_version;
  }
}
