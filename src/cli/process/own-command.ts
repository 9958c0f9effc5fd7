import { isSea } from "node:sea";
import { HEAP_FLAG } from "./larger-heap.ts";

/** How this program is started once more, with other arguments; as a single executable, too. */
export function ownCommand(...args: readonly string[]): readonly [string, ...string[]] {
  // A single executable takes no options of Node's: it has its own inside.
  if (isSea()) return [process.execPath, ...args];
  const [, entry = ""] = process.argv;
  return [process.execPath, ...new Set([HEAP_FLAG, ...process.execArgv]), entry, ...args];
}
