import { dirname, join } from "node:path";
import { besideStore } from "../beside-store.ts";
import { dataFolder } from "../context.ts";

const KNOWN_SERVERS = "known_servers.db";

/** Beside the store, never in it: a server that we know must not become a client that is let in. */
export function knownServersUrl(store: string): string {
  if (store === "memory:") return store;
  const path = store.startsWith("sqlite:") ? store.slice("sqlite:".length) : store;
  return /^[a-z][a-z0-9+.-]+:/i.test(path)
    ? join(dataFolder(), KNOWN_SERVERS)
    : besideStore(path, (at) => join(dirname(at), KNOWN_SERVERS));
}
