import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { openStore } from "../../store/open-store.ts";
import type { TrustStore } from "../../trust/port/trust-store.ts";
import { besideStore } from "../trust-store/beside-store.ts";
import { dataFolder } from "../trust-store/data-folder.ts";
import { processName } from "../trust-store/process-name.ts";

const KNOWN_SERVERS = "known_servers.db";

/** Beside the store, never in it: a server that we know must not become a client that is let in. */
export function knownServersUrl(store: string): string {
  if (store === "memory:") return store;
  const path = store.startsWith("sqlite:") ? store.slice("sqlite:".length) : store;
  return /^[a-z][a-z0-9+.-]+:/i.test(path)
    ? join(dataFolder(), KNOWN_SERVERS)
    : besideStore(path, (at) => join(dirname(at), KNOWN_SERVERS));
}

export interface OpenKnownServers extends AsyncDisposable {
  readonly store: TrustStore;
}

/** Those known; or what is not to be remembered is written to a copy of them, which is gone afterwards. */
export async function openKnownServers(url: string, remembers: boolean): Promise<OpenKnownServers> {
  const known = knownServersUrl(url);
  const options = { process: processName("connect") };
  if (remembers || known === "memory:" || !existsSync(known)) {
    const store = openStore(remembers ? known : "memory:", options);
    return { store, [Symbol.asyncDispose]: () => store.close() };
  }
  const folder = mkdtempSync(join(tmpdir(), "handclasp-"));
  const copy = join(folder, KNOWN_SERVERS);
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    await using kept = openStore(known, { ...options, readOnly: true });
    await kept.backup(copy);
    const store = openStore(copy, options);
    return { store, [Symbol.asyncDispose]: () => store.close().finally(remove) };
  } catch (error) {
    remove();
    throw error;
  }
}
