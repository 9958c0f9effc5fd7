// Programs to compare with, from Debian. Their services are not started.
import { spawnSync } from "node:child_process";
import { findBinary, type Program, PROGRAMS } from "./contenders.ts";

/** Those that are here, and those that are not. */
export function present(): { readonly here: readonly Program[]; readonly missing: readonly Program[] } {
  const here = PROGRAMS.filter(({ binary }) => findBinary(binary) !== undefined);
  return { here, missing: PROGRAMS.filter((program) => !here.includes(program)) };
}

export function install(programs: readonly Program[]): void {
  const packages = programs.flatMap((program) => program.packages);
  if (packages.length === 0) return;
  // RUNLEVEL: invoke-rc.d then leaves services alone.
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" };
  for (const args of [["update"], ["install", "-y", "--no-install-recommends", ...packages]]) {
    const { status } = spawnSync("apt-get", args, { env, stdio: ["ignore", "ignore", "inherit"] });
    if (status !== 0) console.error(`apt-get ${args.join(" ")} ended with ${status}`);
  }
}
