import { existsSync } from "node:fs";
import { homedir, userInfo } from "node:os";
import { isAbsolute, join } from "node:path";
import { InvalidArgumentError, Option } from "commander";
import { HandclaspError, reasonOf } from "../../errors.ts";
import { openStore } from "../../store/open-store.ts";
import { Operator } from "../../operator/operator.ts";
import type { TrustStore } from "../../trust/port/trust-store.ts";
import { hintText } from "../terminal/hint-text.ts";

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

/**
 * Where our files live: `$XDG_DATA_HOME/handclasp`, else `~/.local/share/handclasp`. A variable that is empty or relative
 * is ignored, as the XDG Base Directory Specification says: what it names would depend on the current folder.
 */
export function dataFolder(): string {
  const data = process.env["XDG_DATA_HOME"] ?? "";
  return join(isAbsolute(data) ? data : join(homeFolder(), ".local", "share"), "handclasp");
}

function homeFolder(): string {
  const home = [homedir, () => userInfo().homedir].map(tried).find(isAbsolute);
  if (home !== undefined) return home;
  throw new HandclaspError("ERR_HANDCLASP_OPTION", "there is no home folder to keep things in", {
    hint: "set HOME or XDG_DATA_HOME to an absolute path",
  });
}

function tried(find: () => string): string {
  try {
    return find();
  } catch {
    return "";
  }
}

/** How this process is called in events and lists: `serve 4711`. */
export function processName(verb: string): string {
  return `${verb} ${process.pid}`;
}

/** Turns what a parser throws into wrong usage. */
export function asArgument<T>(parse: (text: string) => T): (text: string) => T {
  return (text) => {
    try {
      return parse(text);
    } catch (error) {
      throw new InvalidArgumentError(describeUsage(error));
    }
  };
}

/** What was thrown and what to do about it, on two lines, as `printError` has them. */
export function describeUsage(error: unknown): string {
  const message = reasonOf(error);
  const hint = hintText(error);
  return hint === undefined ? message : `${message}\nhint: ${hint}`;
}

export interface WithStoreOptions {
  /** A store that is not there is an error; default false: it is made. */
  readonly mustExist?: boolean;
  /** Nothing is changed: the store must exist, but need not be writable; default false. */
  readonly reads?: boolean;
}

/** Opens the store, runs, and closes it whatever happens. */
export async function withStore<T>(
  url: string,
  verb: string,
  run: (store: TrustStore, operator: Operator) => T | Promise<T>,
  { reads = false, mustExist = reads }: WithStoreOptions = {},
): Promise<T> {
  if (mustExist) refuseMissing(url);
  await using store = openStore(url, { process: processName(verb), readOnly: reads });
  return await run(
    store,
    new Operator(store, { user: userName(), process: processName(verb), now: Date.now }),
  );
}

/** Opening would make an empty store: from a mistyped path, the answer would be that nobody is known. */
function refuseMissing(url: string): void {
  const path = url.startsWith("sqlite:") ? url.slice("sqlite:".length) : url;
  if (url === "memory:" || /^[a-z][a-z0-9+.-]+:/i.test(path) || existsSync(path)) return;
  throw new HandclaspError("ERR_HANDCLASP_STORE_OPEN", `there is no trust store at ${path}`, {
    hint: "handclasp serve makes one; --store or HANDCLASP_STORE names another",
  });
}

function userName(): string | null {
  try {
    return userInfo().username;
  } catch {
    return null;
  }
}
