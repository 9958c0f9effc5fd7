import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StoreUrl } from "../../trust/port/store-url.ts";
import { openStoreAt } from "../../store/open-store.ts";
import type { TrustStore } from "../../trust/port/trust-store.ts";
import { besideStore } from "../trust-store/beside-store.ts";
import { processName } from "../trust-store/process-name.ts";

const KNOWN_SERVERS = "known_servers.db";

/** Beside the store, never in it: a server that we know must not become a client that is let in. */
export function knownServersUrl(store: StoreUrl): StoreUrl {
  const file = besideStore(store, KNOWN_SERVERS);
  return file === null ? StoreUrl.memory : StoreUrl.sqlite(file);
}

export interface OpenKnownServers extends AsyncDisposable {
  readonly store: TrustStore;
}

/** Those known; or what is not to be remembered is written to a copy of them, which is gone afterwards. */
export async function openKnownServers(url: StoreUrl, remembers: boolean): Promise<OpenKnownServers> {
  const known = knownServersUrl(url);
  const options = { process: processName("connect") };
  if (remembers || known.file === null || !existsSync(known.file)) {
    const store = openStoreAt(remembers ? known : StoreUrl.memory, options);
    return { store, [Symbol.asyncDispose]: () => store.close() };
  }
  const folder = mkdtempSync(join(tmpdir(), "handclasp-"));
  const copy = join(folder, KNOWN_SERVERS);
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    await using kept = openStoreAt(known, { ...options, readOnly: true });
    await kept.backup(copy);
    const store = openStoreAt(StoreUrl.sqlite(copy), options);
    return { store, [Symbol.asyncDispose]: () => store.close().finally(remove) };
  } catch (error) {
    remove();
    throw error;
  }
}
