import { readlinkSync, realpathSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";

/** Linux follows as many. */
const MOST_LINKS = 40;

/**
 * Where the file of a store really is, or will be made, whichever links lead there: what belongs to a store lies beside
 * the store, not beside a link to it.
 */
export function realStorePath(path: string): string {
  return followed(resolve(path), MOST_LINKS);
}

function followed(path: string, links: number): string {
  const real = existing(path);
  if (real !== undefined || dirname(path) === path) return real ?? path;
  // A relative link leads on from the folder that it really lies in.
  const at = join(followed(dirname(path), links), basename(path));
  const target = links === 0 ? undefined : linkTarget(at);
  return target === undefined ? at : followed(resolve(dirname(at), target), links - 1);
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
