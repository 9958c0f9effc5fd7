import pino from "pino";
import { boundedEntry, errorEntry, type EventLog, type LogEntry, isRoutineCut, named } from "./event-log.ts";
import { stderr } from "../terminal/way-out.ts";

/** What an operator may have to do something about. */
const WARNINGS = new Set([
  "warning",
  "refused",
  "revoked",
  "upstream-failed",
  "accept-failed",
  "malformed-request",
  "proxy-header-refused",
  "full",
  "suppressed",
  "worker-died",
  "worker-stuck",
  "reload-failed",
  "lines-lost",
  "push-failed",
  "push-cut",
  "database-away",
  "log-broken",
  "replica-stale",
  "branch-found",
  "branch-left",
  "rules-older",
  "replicas-unequal",
  "changes-wait",
  "rows-ignored",
  "snapshot-refused",
  "machine-doubled",
]);

/** JSON lines by pino on stderr, with the fields that `serve --json` has, and a level. */
export class JsonLog implements EventLog {
  readonly #pino = pino(
    {
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }) },
    },
    stderr,
  );

  write(entry: LogEntry): void {
    this.#pino[levelOf(entry)](boundedEntry(entry));
  }

  offer(_about: LogEntry, entry: () => LogEntry): void {
    this.write(entry());
  }

  warn(message: string, listener?: string): void {
    this.write({ event: "warning", ...named(listener), message });
  }

  failed(error: unknown, listener?: string | null): void {
    this.write({ ...errorEntry(error), ...named(listener) });
  }
}

function levelOf(entry: LogEntry): "error" | "warn" | "info" {
  const { event } = entry;
  if (event === "error") return "error";
  if (isRoutineCut(entry)) return "info";
  return WARNINGS.has(event) ? "warn" : "info";
}
