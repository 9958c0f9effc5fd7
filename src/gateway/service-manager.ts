import { spawn } from "node:child_process";

/** The first socket that systemd passes. sd_listen_fds(3). */
const FIRST_SOCKET = 3;
const NOTIFY_MS = 5000;

/** The open sockets that a service manager passed us, in its order. sd_listen_fds(3). */
export function passedSockets(environment: NodeJS.ProcessEnv, pid: number): readonly number[] {
  if (environment["LISTEN_PID"] !== String(pid)) return [];
  const count = Number(environment["LISTEN_FDS"] ?? 0);
  return Array.from({ length: Number.isInteger(count) ? count : 0 }, (_, at) => FIRST_SOCKET + at);
}

/**
 * Tells a service manager how we are, if there is one that wants to know; never fails. Node has no datagrams over
 * Unix sockets, so `systemd-notify` sends it, and the unit must have `NotifyAccess=all`. sd_notify(3).
 */
export function notifyServiceManager(environment: NodeJS.ProcessEnv, ...state: string[]): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (environment["NOTIFY_SOCKET"] === undefined) return Promise.resolve();
  const child = spawn("systemd-notify", state, { stdio: "ignore", timeout: NOTIFY_MS, env: environment });
  child.on("error", () => resolve()).on("close", () => resolve());
  return promise;
}

/**
 * Tells a service manager that we are alive, twice in the time that it waits, together with what `state` resolves to;
 * nothing when that is null. Returns how to stop. sd_watchdog_enabled(3).
 */
export function keepWatchdog(
  environment: NodeJS.ProcessEnv,
  state: () => Promise<readonly string[] | null>,
): () => void {
  const micros = Number(environment["WATCHDOG_USEC"] ?? 0);
  const forUs = environment["WATCHDOG_PID"] ?? String(process.pid);
  if (!(micros > 0) || forUs !== String(process.pid)) return () => undefined;
  const timer = setInterval(async () => {
    const told = await state();
    if (told !== null) await notifyServiceManager(environment, "WATCHDOG=1", ...told);
  }, micros / 2000).unref();
  return () => clearInterval(timer);
}
