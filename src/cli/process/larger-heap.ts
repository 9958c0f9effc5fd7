/**
 * Each record that TLS gives us is a buffer of its own, and V8 collects them sooner or later: with the small heap that
 * it starts with, by a full collection for every few megabytes. In mebibytes.
 */
export const HEAP_FLAG = "--initial-old-space-size=128";
/** `execve` is experimental in former versions, and says so on stderr. */
const SINCE = 26;

/**
 * Runs this program anew in the same process, with a heap for a server. Does nothing where that cannot be done, or is
 * done, or where another process of ours waits at a channel, which would be lost.
 */
export function useLargerHeap(): void {
  const { execArgv, execPath, argv, env, versions } = process;
  if (process.execve === undefined || Number(versions.node.split(".")[0]) < SINCE) return;
  // Node closes what it inherited when it replaces itself: sockets of a service manager would be lost.
  if (env["LISTEN_FDS"] !== undefined) return;
  if (process.platform === "win32" || process.channel !== undefined || execArgv.includes(HEAP_FLAG)) return;
  process.execve(execPath, [execPath, HEAP_FLAG, ...execArgv, ...argv.slice(1)], env);
}
