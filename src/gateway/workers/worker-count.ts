import { availableParallelism } from "node:os";
import type { GatewayConfig } from "../config/config.ts";

/** How many processes accept connections. */
export function workerCount(workers: GatewayConfig["workers"]): number {
  return workers === "auto" ? availableParallelism() : workers;
}
