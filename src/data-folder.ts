import { homedir, userInfo } from "node:os";
import { isAbsolute, join } from "node:path";
import { HandclaspError } from "./errors.ts";

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
