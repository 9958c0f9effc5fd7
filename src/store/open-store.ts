import { dataFolder } from "../data-folder.ts";
import { check, TEXT } from "../check-options.ts";
import { STORE_HINT, StoreUrl } from "../trust/port/store-url.ts";
import type { TrustStore } from "../trust/port/trust-store.ts";
import { openSharedStore } from "./open-shared-store.ts";
import { openMemoryStore } from "./sqlite/memory-store.ts";
import { openSqliteStore } from "./sqlite/sqlite-store.ts";
import type { StoreOptions } from "./sqlite/store-options.ts";

/** Opens `memory:`, `sqlite:PATH`, a bare path, or `postgres://…`. Throws ERR_HANDCLASP_STORE_*; never puts an empty store over another. */
export function openStore(url: string, options: StoreOptions = {}): TrustStore {
  check("the store to open", url, TEXT, STORE_HINT);
  return openStoreAt(StoreUrl.parse(url, dataFolder), options);
}

interface OpenOptions extends StoreOptions {
  /** For who asks or does something and goes: it is not on the list of machines that share the store. Default false. */
  readonly isPassing?: boolean;
  /** What machines share is made where nothing is, unless nothing is written. Default true. */
  readonly makes?: boolean;
}

/** The same for what was read already. */
export function openStoreAt(
  url: StoreUrl,
  { isPassing = false, makes = true, ...options }: OpenOptions = {},
): TrustStore {
  const at = url.in(process.cwd());
  const { file, cluster } = at;
  if (cluster !== null && file !== null)
    return openSharedStore({ address: cluster, file, url: String(at), isPassing, makes }, options);
  return file === null ? openMemoryStore(options) : openSqliteStore(file, options);
}
