import { statSync } from "node:fs";
import { HandclaspError } from "../../../errors.ts";

/** The file beside a store's path that has changes in it, which SQLite brings into whatever database comes to be at that path. */
export function logBeside(path: string): string | undefined {
  return [`${path}-wal`, `${path}-journal`].find(hasContent);
}

/** Why nothing is made at a path, or emptied there, beside which such a file lies. */
export function leftOverLog(log: string): HandclaspError {
  const problem = `the last changes of a store that is gone lie in ${log}`;
  return new HandclaspError("ERR_HANDCLASP_STORE_OPEN", problem, {
    hint: "put the store back from where it was moved to, or a backup without them; where it shall begin anew, move them away as well",
    details: { path: log },
  });
}

/** False for what is not there, too. */
export function hasContent(file: string): boolean {
  return (statSync(file, { throwIfNoEntry: false })?.size ?? 0) > 0;
}
