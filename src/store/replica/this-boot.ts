import { hash } from "node:crypto";
import { readFileSync } from "node:fs";
import { hostname } from "node:os";

/** What is the same for all processes of a machine until it starts anew, and another on each machine: 32 hex digits. */
export function thisBoot(): string {
  return hash("sha256", bootId() ?? hostname()).slice(0, 32);
}

/** Linux's; undefined elsewhere. */
function bootId(): string | undefined {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8");
  } catch {
    return undefined;
  }
}
