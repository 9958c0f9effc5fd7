// One server of the comparison: its processes, what they cost, and how to end them.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect } from "node:net";

/** `USER_HZ`, which Linux keeps at 100 for programs. */
const MICROS_PER_TICK = 10_000;
const PAGE_KIB = 4;
const START_MS = 60_000;

export interface Contender {
  readonly name: string;
  readonly child: ChildProcess;
  readonly port: number;
}

const RUNNING = new Set<ChildProcess>();

/** Starts a program and waits until it accepts connections. */
export async function startContender(
  name: string,
  port: number,
  [program, ...args]: readonly [string, ...string[]],
): Promise<Contender> {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
  RUNNING.add(child);
  child.once("exit", () => RUNNING.delete(child));
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(-4000)));
  }
  const end = performance.now() + START_MS;
  while (!(await accepts(port))) {
    if (child.exitCode !== null || performance.now() > end) {
      child.kill("SIGKILL");
      throw new Error(`${name} did not start: ${said}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return { name, child, port };
}

export async function stopContender({ child }: Contender): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, "exit");
  child.kill("SIGTERM");
  const late = setTimeout(() => child.kill("SIGKILL"), 5000);
  await exit;
  clearTimeout(late);
}

/** For the end, whatever it was. */
export function killContenders(): void {
  for (const child of RUNNING) child.kill("SIGKILL");
}

/** Microseconds of CPU that a process and those it started have used, one number for each. proc(5). */
export function cpuOfTree(pid: number): ReadonlyMap<number, number> {
  const micros = new Map<number, number>();
  for (const each of tree(pid)) {
    const fields = statFields(each);
    micros.set(each, (Number(fields[11]) + Number(fields[12])) * MICROS_PER_TICK);
  }
  return micros;
}

export function cpuOf(contender: Contender): number {
  return [...cpuOfTree(pidOf(contender)).values()].reduce((sum, micros) => sum + micros, 0);
}

/** KiB of memory that a process and those it started have resident. */
export function residentKib(contender: Contender): number {
  return tree(pidOf(contender)).reduce((sum, pid) => sum + Number(statFields(pid)[21]) * PAGE_KIB, 0);
}

export function pidOf({ child, name }: Contender): number {
  if (child.pid === undefined) throw new Error(`${name} does not run`);
  return child.pid;
}

/** Those that a first thread started, and theirs: threads come and go meanwhile, and start no processes here. */
function tree(pid: number): readonly number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
  return [pid, ...(text === "" ? [] : text.split(" ").map(Number).flatMap(tree))];
}

/** From `state` on: the name before it may have spaces. */
function statFields(pid: number): readonly string[] {
  return readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /s, "")
    .split(" ");
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
