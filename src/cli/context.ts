import { homedir, userInfo } from "node:os";
import { join } from "node:path";
import { Option } from "commander";
import { openStore } from "../store/open-store.ts";
import { Operator } from "../trust/operator.ts";
import type { TrustStore } from "../trust/trust-store.ts";

/** `--store URL`, the same on every verb. */
export function storeOption(): Option {
  return new Option("--store <url>", "the trust store: sqlite:PATH, a path, or memory:")
    .env("HANDCLASP_STORE")
    .default(join(dataFolder(), "trust.db"), "handclasp/trust.db in the XDG data folder");
}

/** `--json`, on everything that prints data. */
export function jsonOption(): Option {
  return new Option("--json", "print JSON");
}

/** Where our files live: `$XDG_DATA_HOME/handclasp`, else `~/.local/share/handclasp`. */
export function dataFolder(): string {
  const data = process.env["XDG_DATA_HOME"];
  return join(data !== undefined && data !== "" ? data : join(homedir(), ".local", "share"), "handclasp");
}

/** How this process is called in events and lists: `serve 4711`. */
export function processName(verb: string): string {
  return `${verb} ${process.pid}`;
}

/** Opens the store, runs, and closes it whatever happens. */
export async function withStore<T>(
  url: string,
  verb: string,
  run: (store: TrustStore, operator: Operator) => T | Promise<T>,
): Promise<T> {
  await using store = openStore(url, { process: processName(verb) });
  return await run(store, new Operator(store, { user: userName(), process: processName(verb), now: Date.now }));
}

function userName(): string | null {
  try {
    return userInfo().username;
  } catch {
    return null;
  }
}
