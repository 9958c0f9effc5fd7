import { resolve } from "node:path";
import { check, TEXT } from "../check-options.ts";
import { HandclaspError } from "../errors.ts";
import type { TrustStore } from "../trust/port/trust-store.ts";
import { openMemoryStore } from "./sqlite/memory-store.ts";
import { openSqliteStore, type StoreOptions } from "./sqlite/sqlite-store.ts";

/** Opens `memory:`, `sqlite:PATH` or a bare path. Throws ERR_HANDCLASP_STORE_*; never puts an empty store over another. */
export function openStore(url: string, options: StoreOptions = {}): TrustStore {
  check("the store to open", url, TEXT, "give sqlite:PATH, a path, or memory:");
  if (url === "memory:") return openMemoryStore(options);
  if (url.startsWith("sqlite:")) return openSqliteStore(filePath(url.slice("sqlite:".length), url), options);
  if (/^[a-z][a-z0-9+.-]+:/i.test(url)) {
    throw new HandclaspError("ERR_HANDCLASP_OPTION", `there is no store for ${url}`, {
      hint: "give sqlite:PATH, a path, or memory:",
    });
  }
  return openSqliteStore(filePath(url, url), options);
}

function filePath(path: string, url: string): string {
  if (path !== "" && !path.startsWith("//")) return resolve(path);
  throw new HandclaspError("ERR_HANDCLASP_OPTION", `"${url}" names no file`, {
    hint: "sqlite: takes a path without slashes in front of it: sqlite:trust.db or sqlite:/var/lib/handclasp/trust.db",
  });
}
