import { basename, dirname, join, resolve } from "node:path";
import { HandclaspError } from "../../errors.ts";
import {
  type ClusterAddress,
  clusterIn,
  defaultReplicaName,
  formatClusterUrl,
  isClusterUrl,
  parseClusterUrl,
} from "./cluster-address.ts";

const MEMORY = "memory:";
const SQLITE = "sqlite:";
/** One letter and a colon are a drive of Windows. */
const SCHEME = /^([a-z][a-z0-9+.-]+:)/i;

/** What names a store. */
export const STORE_HINT = "give sqlite:PATH, a path, postgres://USER@HOST/DATABASE?replica=PATH, or memory:";

/** Where a trust store is, as it was said: nothing is looked at, and a path is taken letter by letter. */
export class StoreUrl {
  static readonly memory: StoreUrl = new StoreUrl("memory", null, null);

  readonly kind: "memory" | "sqlite" | "postgres";
  /** What of it lies on this machine, the whole of it or a replica; null for none. May be relative. */
  readonly file: string | null;
  /** Whom it is shared with; null for a store of one place. */
  readonly cluster: ClusterAddress | null;

  private constructor(kind: StoreUrl["kind"], file: string | null, cluster: ClusterAddress | null) {
    this.kind = kind;
    this.file = file;
    this.cluster = cluster;
  }

  /**
   * Reads `memory:`, `sqlite:PATH`, a bare path, or `postgres://…`, whose replica lies in the data folder if nobody says
   * where. Throws ERR_HANDCLASP_OPTION for anything else.
   */
  static parse(text: string, dataFolder: () => string = nowhere): StoreUrl {
    if (text === MEMORY) return StoreUrl.memory;
    if (isClusterUrl(text)) {
      const { cluster, replica } = parseClusterUrl(text);
      return new StoreUrl("postgres", replica ?? join(dataFolder(), defaultReplicaName(cluster)), cluster);
    }
    const isSqlite = text.startsWith(SQLITE);
    const scheme = SCHEME.exec(text)?.[1];
    if (!isSqlite && scheme !== undefined) {
      const shown = /[@?]/.test(text) ? scheme : text; // The rest may hold a password.
      throw new HandclaspError("ERR_HANDCLASP_OPTION", `there is no store for ${shown}`, {
        hint: STORE_HINT,
      });
    }
    const file = isSqlite ? text.slice(SQLITE.length) : text;
    if (file !== "" && !file.startsWith("//")) return StoreUrl.sqlite(file);
    throw new HandclaspError("ERR_HANDCLASP_OPTION", `"${text}" names no file`, {
      hint: "sqlite: takes a path without slashes in front of it: sqlite:trust.db or sqlite:/var/lib/handclasp/trust.db",
    });
  }

  /** The store in a file, whatever that is called. */
  static sqlite(file: string): StoreUrl {
    return new StoreUrl("sqlite", file, null);
  }

  /** The same as seen from a folder: its files have absolute paths, if the folder has. */
  in(folder: string): StoreUrl {
    const { file, cluster } = this;
    if (cluster === null) return file === null ? this : StoreUrl.sqlite(resolve(folder, file));
    const seen = clusterIn(folder, { cluster, replica: file });
    return new StoreUrl("postgres", seen.replica, seen.cluster);
  }

  /** A file in the same folder, by a name that may be made of the store's own; null where there is no folder. */
  beside(name: string | ((own: string) => string)): string | null {
    if (this.file === null) return null;
    return join(dirname(this.file), typeof name === "string" ? name : name(basename(this.file)));
  }

  /** What `parse` reads: `memory:`, `sqlite:PATH` or `postgres://…`. */
  toString(): string {
    if (this.cluster !== null) return formatClusterUrl({ cluster: this.cluster, replica: this.file });
    return this.file === null ? MEMORY : SQLITE + this.file;
  }

  toJSON(): string {
    return this.toString();
  }
}

function nowhere(): string {
  throw new HandclaspError("ERR_HANDCLASP_OPTION", "the store's URL says not where its replica is", {
    hint: "give the path of a file on this machine: replica=PATH",
  });
}
