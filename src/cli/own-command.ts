import { isSea } from "node:sea";

/** How this program is started once more, with other arguments; as a single executable, too. */
export function ownCommand(...args: readonly string[]): readonly [string, ...string[]] {
  const [, entry = ""] = process.argv;
  return [process.execPath, ...process.execArgv, ...(isSea() ? [] : [entry]), ...args];
}
