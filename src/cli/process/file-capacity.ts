import { readdirSync, readFileSync } from "node:fs";

/** For whatever else opens files meanwhile: certificates, the store, its backups. */
const SPARE_FILES = 32;
/** Connections that wait for room, one file each. */
const MOST_WAITING = 511;

/** How many connections this process has files for, if each takes so many. No limit where the system does not say. */
export function connectionsByFiles(filesEach: number): number {
  try {
    const limits = readFileSync("/proc/self/limits", "utf8");
    const soft = Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? Number.POSITIVE_INFINITY);
    const free = soft - readdirSync("/proc/self/fd").length - SPARE_FILES;
    const most =
      free >= (filesEach + 1) * MOST_WAITING ? (free - MOST_WAITING) / filesEach : free / (filesEach + 1);
    return Math.max(1, Math.floor(most));
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
