import { basename, dirname, join, resolve } from "node:path";
import { HandclaspError } from "../../errors.ts";

const MEMORY = "memory:";
const SQLITE = "sqlite:";
/** One letter and a colon are a drive of Windows. */
const SCHEME = /^[a-z][a-z0-9+.-]+:/i;

/** What names a store. */
export const STORE_HINT = "give sqlite:PATH, a path, or memory:";

/** Where a trust store is, as it was said: nothing is looked at, and a path is taken letter by letter. */
export class StoreUrl {
  static readonly memory: StoreUrl = new StoreUrl("memory", null);

  readonly kind: "memory" | "sqlite";
  /** What of it lies on this machine, the whole of it or a replica; null for none. May be relative. */
  readonly file: string | null;

  private constructor(kind: StoreUrl["kind"], file: string | null) {
    this.kind = kind;
    this.file = file;
  }

  /** Reads `memory:`, `sqlite:PATH` or a bare path. Throws ERR_HANDCLASP_OPTION for anything else. */
  static parse(text: string): StoreUrl {
    if (text === MEMORY) return StoreUrl.memory;
    const isSqlite = text.startsWith(SQLITE);
    if (!isSqlite && SCHEME.test(text)) {
      throw new HandclaspError("ERR_HANDCLASP_OPTION", `there is no store for ${text}`, { hint: STORE_HINT });
    }
    const file = isSqlite ? text.slice(SQLITE.length) : text;
    if (file !== "" && !file.startsWith("//")) return StoreUrl.sqlite(file);
    throw new HandclaspError("ERR_HANDCLASP_OPTION", `"${text}" names no file`, {
      hint: "sqlite: takes a path without slashes in front of it: sqlite:trust.db or sqlite:/var/lib/handclasp/trust.db",
    });
  }

  /** The store in a file, whatever that is called. */
  static sqlite(file: string): StoreUrl {
    return new StoreUrl("sqlite", file);
  }

  /** The same as seen from a folder: its file has an absolute path, if the folder has. */
  in(folder: string): StoreUrl {
    return this.file === null ? this : StoreUrl.sqlite(resolve(folder, this.file));
  }

  /** A file in the same folder, by a name that may be made of the store's own; null where there is no folder. */
  beside(name: string | ((own: string) => string)): string | null {
    if (this.file === null) return null;
    return join(dirname(this.file), typeof name === "string" ? name : name(basename(this.file)));
  }

  /** What `parse` reads: `memory:` or `sqlite:PATH`. */
  toString(): string {
    return this.file === null ? MEMORY : SQLITE + this.file;
  }

  toJSON(): string {
    return this.toString();
  }
}
