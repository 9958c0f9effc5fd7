import { readlinkSync, realpathSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";

/** Linux follows as many. */
const MOST_LINKS = 40;

/**
 * Where the file of a store really is, or will be made, whichever links lead there: what belongs to a store lies beside
 * the store, not beside a link to it.
 */
export function realStorePath(path: string): string {
  let at = resolve(path);
  for (let links = 0; links < MOST_LINKS; links++) {
    const real = existing(at);
    if (real !== undefined) return real;
    const target = linkTarget(at);
    if (target === undefined) return join(existing(dirname(at)) ?? dirname(at), basename(at));
    at = resolve(dirname(at), target);
  }
  return at;
}

function existing(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}

/** Where a link leads that leads to nothing yet; undefined for what is no link. */
function linkTarget(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
