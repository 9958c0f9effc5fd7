// Which process runs where, so that what known clients notice is the gateway's doing and not that of those who make the
// load on the same machine.
import { spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";
import process from "node:process";

/** Whether there are cores to keep processes apart, and the means of Linux. */
export const CAN_KEEP_APART: boolean = process.platform === "linux" && availableParallelism() > 1;

/** Keeps this process, and those that it starts from now on, on the second core. */
export function leaveFirstCore(): void {
  run("taskset", "--all-tasks", "--cpu-list", "--pid", "1", String(process.pid));
}

/** What to put before a command so that it may run anywhere. */
export const ON_ALL_CORES: readonly [string, ...string[]] = [
  "taskset",
  "--cpu-list",
  `0-${availableParallelism() - 1}`,
];

/** Lets a process run only while nothing else wants its core: `SCHED_IDLE`, see sched(7). */
export function giveWay(pid: number | undefined): void {
  run("chrt", "--all-tasks", "--idle", "--pid", "0", String(pid));
}

function run(program: string, ...args: readonly string[]): void {
  const { status, stderr, error } = spawnSync(program, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${program}: ${error?.message ?? stderr} (--cores shared does without)`);
}
