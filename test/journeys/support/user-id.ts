import { readFileSync } from "node:fs";

/** A user of this machine, as /etc/passwd has it. */
export function userIdOf(name: string): { readonly uid: number; readonly gid: number } {
  const line = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .find((entry) => entry.startsWith(`${name}:`));
  const [, , uid = "0", gid = "0"] = line?.split(":") ?? [];
  return { uid: Number(uid), gid: Number(gid) };
}
