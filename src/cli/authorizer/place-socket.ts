import { chmodSync, linkSync, lstatSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { connect, type Server } from "node:net";
import { dirname, join } from "node:path";
import { HandclaspError, hasCode, reasonOf } from "../../errors.ts";

/**
 * Listens on a Unix socket that never, not for a moment, has a wider mode: it is made in a folder that is ours alone, and put
 * in its place when it is as it should be. A socket that nobody listens on any more is replaced. Returns how to remove it.
 */
export async function placeSocket(server: Server, path: string, mode: number): Promise<() => void> {
  try {
    const isStale = await isLeftBehind(path);
    const folder = mkdtempSync(join(dirname(path), ".h"));
    try {
      const made = join(folder, "s");
      await listen(server, made);
      chmodSync(made, mode);
      const { ino } = lstatSync(made);
      if (isStale) renameSync(made, path);
      // Unlike a rename it replaces nobody who came meanwhile.
      else linkSync(made, path);
      return () => remove(path, ino);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  } catch (cause) {
    server.close();
    if (cause instanceof HandclaspError) throw cause;
    if (hasCode(cause, "ENOENT")) throw unusable(path, `there is no folder ${dirname(path)}: make it`, cause);
    if (hasCode(cause, "EACCES")) {
      throw unusable(path, `this user may not make files in ${dirname(path)}: give the folder to it`, cause);
    }
    throw unusable(path, reasonOf(cause), cause);
  }
}

function unusable(path: string, problem: string, cause: unknown): HandclaspError {
  return new HandclaspError("ERR_HANDCLASP_OPTION", `cannot listen on unix:${path}: ${problem}`, { cause });
}

async function listen(server: Server, path: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject);
  server.listen({ path }, resolve);
  await promise.finally(() => server.off("error", reject));
}

/** Whether there is a socket on which nobody listens. Throws when somebody does, or when it is something else. */
async function isLeftBehind(path: string): Promise<boolean> {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return false;
  if (!stat.isSocket()) throw taken(path, "there is a file that is no socket");
  const { promise, resolve, reject } = Promise.withResolvers<boolean>();
  const probe = connect({ path });
  probe.on("connect", () => reject(taken(path, "another process listens there")));
  probe.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "ECONNREFUSED" || error.code === "ENOENT") resolve(error.code === "ECONNREFUSED");
    else reject(error);
  });
  return await promise.finally(() => probe.destroy());
}

function taken(path: string, problem: string): HandclaspError {
  return new HandclaspError("ERR_HANDCLASP_OPTION", `cannot listen on unix:${path}: ${problem}`, {
    remedies: [{ act: "listen-elsewhere", at: "server" }],
  });
}

/** Unless another process has put its own there. */
function remove(path: string, ino: number): void {
  if (lstatSync(path, { throwIfNoEntry: false })?.ino === ino) rmSync(path, { force: true });
}
