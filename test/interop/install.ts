import { mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { mustRun, runProgram } from "./run-program.ts";
import type { Stack } from "./stack.ts";

const LONGEST_MS = 600_000;

/** Where packages of npm are kept between runs. */
export const NPM_CACHE: string = join(
  process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"),
  "handclasp-interop",
);

/** Installs what stacks need, as far as it may and can; says what it does by `tell`. */
export async function install(stacks: readonly Stack[], tell: (line: string) => void): Promise<void> {
  await installDebian(stacks, tell);
  await installNpm(stacks, tell);
}

/** Whether the machine lacks one of the packages. */
async function lacks(packages: readonly string[]): Promise<boolean> {
  const query = await runProgram([
    "dpkg-query",
    "--show",
    "--showformat",
    "${db:Status-Status}\n",
    ...packages,
  ]);
  return (
    query?.code !== 0 ||
    query.stdout
      .trim()
      .split("\n")
      .some((status) => status !== "installed")
  );
}

async function installDebian(stacks: readonly Stack[], tell: (line: string) => void): Promise<void> {
  if (process.getuid?.() !== 0 || (await runProgram(["apt-get", "--version"])) === undefined) return;
  const wanted: Stack[] = [];
  for (const stack of stacks) {
    if (stack.debian.length > 0 && (await lacks(stack.debian))) wanted.push(stack);
  }
  if (wanted.length === 0) return;
  await runProgram(["apt-get", "update", "-qq"], { timeoutMs: LONGEST_MS });
  const all = [...new Set(wanted.flatMap(({ debian }) => debian))];
  tell(`installing ${all.join(" ")}`);
  if (await aptInstall(all)) return;
  for (const { name, debian } of wanted) {
    if (!(await aptInstall(debian))) tell(`could not install ${debian.join(" ")} for ${name}`);
  }
}

async function aptInstall(packages: readonly string[]): Promise<boolean> {
  const flags = ["-y", "-qq", "--no-install-recommends", "--no-upgrade", "-o", "DPkg::Lock::Timeout=300"];
  const result = await runProgram(["apt-get", "install", ...flags, ...packages], {
    environment: { DEBIAN_FRONTEND: "noninteractive" },
    timeoutMs: LONGEST_MS,
  });
  return result?.code === 0;
}

async function installNpm(stacks: readonly Stack[], tell: (line: string) => void): Promise<void> {
  if (process.platform !== "linux") return;
  const wanted = stacks.flatMap(({ npm = [] }) => npm);
  if (wanted.length === 0) return;
  mkdirSync(NPM_CACHE, { recursive: true });
  const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"];
  try {
    await mustRun(["npm", "install", "--prefix", NPM_CACHE, ...flags, ...wanted], {
      cwd: NPM_CACHE,
      timeoutMs: LONGEST_MS,
    });
  } catch (error) {
    tell(`could not install ${wanted.join(" ")}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
