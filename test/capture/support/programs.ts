import { execFile, spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { promisify } from "node:util";

const run = promisify(execFile);

/** False, or why a test that needs the program cannot run: for `skip`, so that the report says it. */
export function missing(program: "tshark"): string | false {
  const isThere = spawnSync(program, ["--version"], { stdio: "ignore" }).error === undefined;
  return isThere ? false : `${program} is not installed`;
}

/** The same for a capture on loopback: to list its link types a program has to open the interface. */
export function cannotCapture(program: "tcpdump" | "dumpcap"): string | false {
  const { error, status } = spawnSync(program, ["-i", "lo", "-L"], { stdio: "ignore" });
  if (error !== undefined) return `${program} is not installed`;
  return status === 0 ? false : `${program} may not capture here`;
}

/** The fields of the packets that match, a row for each. */
export async function tsharkFields(
  file: string,
  filter: string,
  fields: readonly string[],
  options: readonly string[] = [],
): Promise<readonly (readonly string[])[]> {
  const { stdout } = await run(
    "tshark",
    ["-n", ...options, "-r", file, "-Y", filter, "-T", "fields", ...fields.flatMap((field) => ["-e", field])],
    { maxBuffer: 1 << 28 },
  );
  return stdout
    .split("\n")
    .slice(0, -1)
    .map((line) => line.split("\t"));
}

/** A running capture of a port on loopback. */
export class LoopbackCapture {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** Rejects with what the program said when it does not capture. */
  static async begin(
    program: "tcpdump" | "dumpcap",
    file: string,
    port: number,
    options: readonly string[] = [],
  ): Promise<LoopbackCapture> {
    const filter =
      program === "tcpdump"
        ? ["-U", "-w", file, `tcp port ${port}`]
        : ["-q", "-w", file, "-f", `tcp port ${port}`];
    const child = spawn(program, ["-i", "lo", ...options, ...filter], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    let said = "";
    for await (const chunk of child.stderr.iterator({ destroyOnReturn: false })) {
      said += String(chunk);
      if (/listening on|File: /.test(said)) {
        child.stderr.resume();
        return new LoopbackCapture(child);
      }
    }
    throw new Error(`${program} does not capture: ${said}`);
  }

  /** The file is whole when this returns. */
  async end(): Promise<void> {
    const exited = once(this.#child, "exit");
    this.#child.kill("SIGINT");
    await exited;
  }
}
