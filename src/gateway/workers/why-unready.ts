import type { Health } from "./worker-message.ts";

/** Why a gateway of these processes is not ready: some of its clients would not be let in. Null when it is. */
export function whyUnready(processes: readonly Health[]): string | null {
  if (!processes.some(({ awake }) => awake)) return "no worker answers";
  return processes.find(({ unready }) => unready !== null)?.unready ?? null;
}
