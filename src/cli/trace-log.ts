import type { TraceProblem } from "../tls/trace-message.ts";
import { escapeText } from "../trust/peer-name.ts";
import type { ServeLog } from "./serve-log.ts";

/** Logs what a trace could not show. */
export function logProblem(log: ServeLog): (problem: TraceProblem) => void {
  return ({ connection, direction, kind, message }) => {
    log.write({ event: "trace-problem", connection, direction, kind, message: escapeText(message) });
  };
}
