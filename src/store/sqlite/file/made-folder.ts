import { mkdirSync, rmdirSync } from "node:fs";
import { dirname } from "node:path";

/** Makes the folder of a file where there is none. Returns how to take away what was made, as far as nothing is in it then. */
export function makeFolderOf(path: string): () => void {
  const first = mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  return () => {
    if (first === undefined) return;
    try {
      for (let folder = dirname(path); folder.length >= first.length; folder = dirname(folder))
        rmdirSync(folder);
    } catch {
      // Something lies in it, or it went already.
    }
  };
}
