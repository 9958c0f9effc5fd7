import pino from "pino";
import { boundedEntry, errorEntry, type EventLog, type LogEntry } from "./serve/log.ts";

const STDERR = 2;
/** What waits for a reader that is slow or gone; beyond it lines are lost. */
const MOST_WAITING = 16 * 1024 * 1024;
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
]);

/** JSON lines by pino on stderr, with the fields that `serve --json` has, and a level. */
export class JsonLog implements EventLog, Disposable {
  readonly #destination = pino.destination({ fd: STDERR, sync: false, maxLength: MOST_WAITING });
  readonly #pino = pino(
    {
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }) },
    },
    this.#destination,
  );

  #isFailing = false;

  constructor() {
    // A full disk is no reason to end what is logged. What was not written is tried again with the next line.
    this.#destination.on("error", () => (this.#isFailing = true));
    this.#destination.on("write", () => (this.#isFailing = false));
  }

  write(entry: LogEntry): void {
    this.#pino[levelOf(entry)](boundedEntry(entry));
  }

  offer(_about: LogEntry, entry: () => LogEntry): void {
    this.write(entry());
  }

  warn(message: string): void {
    this.write({ event: "warning", message });
  }

  failed(error: unknown): void {
    this.write(errorEntry(error));
  }

  /** Writes what is still in memory. */
  [Symbol.dispose](): void {
    try {
      // Where it cannot be written, flushing would try for ever.
      if (this.#isFailing) this.#destination.destroy();
      else this.#destination.flushSync();
    } catch {
      // Nobody reads it any more.
    }
  }
}

function levelOf({ event }: LogEntry): "error" | "warn" | "info" {
  if (event === "error") return "error";
  return WARNINGS.has(event) ? "warn" : "info";
}
