import { check, TEXT } from "../check-options.ts";
import { STORE_HINT, StoreUrl } from "../trust/port/store-url.ts";
import type { TrustStore } from "../trust/port/trust-store.ts";
import { openMemoryStore } from "./sqlite/memory-store.ts";
import { openSqliteStore, type StoreOptions } from "./sqlite/sqlite-store.ts";

/** Opens `memory:`, `sqlite:PATH` or a bare path. Throws ERR_HANDCLASP_STORE_*; never puts an empty store over another. */
export function openStore(url: string, options: StoreOptions = {}): TrustStore {
  check("the store to open", url, TEXT, STORE_HINT);
  return openStoreAt(StoreUrl.parse(url), options);
}

/** The same for what was read already. */
export function openStoreAt(url: StoreUrl, options: StoreOptions = {}): TrustStore {
  const { file } = url.in(process.cwd());
  return file === null ? openMemoryStore(options) : openSqliteStore(file, options);
}
