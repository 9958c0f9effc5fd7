import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

/**
 * Starts a script of this folder once for each list of arguments, lets all of them go at once when each has said that it is
 * ready, and gives what each says then.
 */
export async function race(script: string, runs: readonly (readonly string[])[]): Promise<readonly string[]> {
  const path = join(import.meta.dirname, script);
  const children = runs.map((args) => {
    const child = spawn(process.execPath, [path, ...args], { stdio: ["pipe", "pipe", "inherit"] });
    child.stdout.setEncoding("utf8");
    return child;
  });
  await Promise.all(children.map((child) => once(child.stdout, "data")));
  for (const child of children) child.stdin.end("go\n");
  return Promise.all(children.map(async (child) => String((await once(child.stdout, "data"))[0])));
}
