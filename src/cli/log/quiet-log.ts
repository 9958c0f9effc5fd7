import { type EventLog, isRoutineCut, type LogEntry } from "./event-log.ts";

/** What strangers can bring about as often as they like. */
const BY_STRANGERS = new Set([
  "refused",
  "met",
  "rotated",
  "anonymous",
  "upstream-failed",
  "handshake-failed",
  "malformed-request",
  "proxy-header-refused",
  "full",
  "error",
]);
/** What takes a key that we know: no flood of strangers may hide it. */
const OF_KNOWN_KEYS = new Set(["revoked", "retired", "ignored", "name-changed", "not-allowed"]);
const BURST = 100;
const PER_SECOND = 10;
const SUM_MS = 10_000;

interface Allowance {
  readonly of: LogEntry;
  left: number;
  /** By the listeners that they were about; null for none. */
  readonly suppressed: Map<string | null, number>;
}

/** Keeps strangers from filling the disk: of each of their events so many a second, and then how many more there were. */
export class QuietLog implements EventLog, Disposable {
  readonly #log: EventLog;
  readonly #allowances = new Map<string, Allowance>();
  readonly #refill = setInterval(() => this.#add(), 1000).unref();
  readonly #sums = setInterval(() => this.#sum(), SUM_MS).unref();

  constructor(log: EventLog) {
    this.#log = log;
  }

  write(entry: LogEntry): void {
    this.offer(entry, () => entry);
  }

  offer(about: LogEntry, entry: () => LogEntry): void {
    const isLimited = BY_STRANGERS.has(about.event) || isRoutineCut(about);
    if (!isLimited || this.#take(about)) this.#log.write(entry());
  }

  warn(message: string, listener?: string): void {
    this.#log.warn(message, listener);
  }

  failed(error: unknown, listener?: string | null): void {
    if (this.#take({ event: "error", listener })) this.#log.failed(error, listener);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#refill);
    clearInterval(this.#sums);
    this.#sum();
  }

  #take({ event, reason, listener }: LogEntry): boolean {
    const countsByReason = typeof reason === "string" && (event === "revoked" || OF_KNOWN_KEYS.has(reason));
    const name = countsByReason ? `${event} ${reason}` : event;
    let allowance = this.#allowances.get(name);
    if (allowance === undefined) {
      const of = { event: "suppressed", of: event, ...(countsByReason && { reason }) };
      allowance = { of, left: BURST, suppressed: new Map() };
      this.#allowances.set(name, allowance);
    }
    if (allowance.left > 0) {
      allowance.left -= 1;
      return true;
    }
    const where = typeof listener === "string" ? listener : null;
    allowance.suppressed.set(where, (allowance.suppressed.get(where) ?? 0) + 1);
    return false;
  }

  #add(): void {
    for (const allowance of this.#allowances.values()) {
      allowance.left = Math.min(BURST, allowance.left + PER_SECOND);
    }
  }

  #sum(): void {
    for (const { of, suppressed } of this.#allowances.values()) {
      for (const [listener, count] of suppressed) {
        this.#log.write({ ...of, ...(listener !== null && { listener }), count });
      }
      suppressed.clear();
    }
  }
}
