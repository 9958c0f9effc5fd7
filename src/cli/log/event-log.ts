import { isHandclaspError, reasonOf } from "../../errors.ts";
import { ROUTINE_CUTS } from "../../trust/happenings/cut-reason.ts";
import { escapeText } from "../../trust/naming/peer-name.ts";
import { hintText } from "../terminal/hint-text.ts";
import { say } from "../terminal/output.ts";

/** One line of the log. What clients wrote was escaped by whoever put it in. */
export interface LogEntry {
  readonly event: string;
  readonly [field: string]: string | number | boolean | null | readonly string[] | undefined;
}

/** Where a server says what happens. */
export interface EventLog {
  write(entry: LogEntry): void;
  /** Makes the entry only if it is written: strangers can have many left out. `about` is what of it says whether. */
  offer(about: LogEntry, entry: () => LogEntry): void;
  /** What weakens security stands out. */
  warn(message: string, listener?: string): void;
  /** `listener` is the one whose client brought it about, where there is one. */
  failed(error: unknown, listener?: string | null): void;
}

/** Writes the log to stderr, as text or as JSON lines. */
export class ServeLog implements EventLog {
  readonly #json: boolean;

  constructor(json: boolean) {
    this.#json = json;
  }

  write(entry: LogEntry): void {
    const time = new Date().toISOString();
    const line = boundedEntry(entry);
    if (this.#json) say(JSON.stringify({ time, ...line }));
    else say(`${time} ${toText(line)}`);
  }

  offer(_about: LogEntry, entry: () => LogEntry): void {
    this.write(entry());
  }

  /** What weakens security stands out. */
  warn(message: string, listener?: string): void {
    if (this.#json) this.write({ event: "warning", ...named(listener), message });
    else say(`WARNING: ${message}`);
  }

  failed(error: unknown, listener?: string | null): void {
    this.write({ ...errorEntry(error), ...named(listener) });
  }
}

/** What became of something unexpected, safe to print. */
export function errorEntry(error: unknown): LogEntry {
  const message = reasonOf(error);
  const entry = { event: "error", message: escapeText(message, MOST_CHARACTERS) } as const;
  if (!isHandclaspError(error)) return entry;
  const { code } = error;
  const hint = hintText(error);
  return { ...entry, code, ...(hint !== undefined && { hint: escapeText(hint, MOST_CHARACTERS) }) };
}

/** What names a listener in a line, where there is one. */
export function named(listener: string | null | undefined): { readonly listener?: string } {
  return typeof listener === "string" ? { listener } : {};
}

/** Whether a line says that a connection was just over, which nobody has to do something about. */
export function isRoutineCut({ event, reason }: LogEntry): boolean {
  return event === "revoked" && ROUTINE_CUTS.has(String(reason));
}

/** A line that no client can make as long as it likes. */
export function boundedEntry(entry: LogEntry): LogEntry {
  const fields = Object.entries(entry).map(([name, value]) => [name, bounded(value)]);
  return { ...(Object.fromEntries(fields) as LogEntry), event: entry.event };
}

export const MOST_CHARACTERS = 4096;
const MOST_NAMES = 20;

/** A certificate of 48 KiB can be all name. */
function bounded(value: LogEntry[string]): LogEntry[string] {
  if (typeof value === "string") return shortened(value, MOST_CHARACTERS);
  if (!Array.isArray(value)) return value;
  const shown = value
    .slice(0, MOST_NAMES)
    .map((text: string) => shortened(text, MOST_CHARACTERS / MOST_NAMES));
  return value.length > MOST_NAMES ? [...shown, `and ${value.length - MOST_NAMES} more`] : shown;
}

function shortened(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most).toWellFormed()}…` : text;
}

/** `met peer=anna keyId=… subject="CN=anna, O=Lab"`. */
function toText({ event, ...fields }: LogEntry): string {
  const words = Object.entries(fields).flatMap(([name, value]) => {
    if (value === null || value === undefined || value === false) return [];
    if (Array.isArray(value) && value.length === 0) return [];
    const text = Array.isArray(value) ? value.join(", ") : String(value);
    return [`${name}=${/^[\w.:/@%+=-]+$/.test(text) ? text : JSON.stringify(text)}`];
  });
  return [event, ...words].join(" ");
}
