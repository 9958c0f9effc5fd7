import { escapeText } from "../../../trust/naming/peer-name.ts";
import { type EventLog, named } from "../../log/event-log.ts";
import type { TraceFlags } from "../formats/format.ts";
import type { TraceOutputOptions } from "./output.ts";

/** Logs what a trace could not show. */
export function logProblem(log: EventLog): TraceOutputOptions["onProblem"] {
  return ({ connection, direction, kind, message }, listener) => {
    const about = { ...named(listener), connection, direction, kind };
    log.write({ event: "trace-problem", ...about, message: escapeText(message) });
  };
}

/** Logs what each connection came to, if that was asked for. */
export function explainingIn(
  log: EventLog,
  { explain }: Pick<TraceFlags, "explain">,
): Pick<TraceOutputOptions, "onExplained"> {
  if (explain !== true) return {};
  return {
    onExplained: (connection, explanation) => log.write({ event: "explained", connection, explanation }),
  };
}
