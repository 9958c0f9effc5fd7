import { isHandclaspError } from "../errors.ts";
import { ObservedDirection, type ObservedDirectionOptions } from "./observed-direction.ts";
import { RecordReader, type TlsRecord } from "./record-reader.ts";
import type { Arrival, TraceProblem } from "./trace-message.ts";

/** A record that came, and as the how manieth of the connection. */
interface ArrivedRecord {
  readonly record: TlsRecord;
  readonly when: Arrival;
  readonly order: number;
}

/** What keeping one record costs beside its bytes, roughly. */
const RECORD_COST = 256;

/** The bytes of one sender: cut into records, which wait in line when one of them cannot be opened yet. */
export class ObservedStream {
  readonly #options: ObservedDirectionOptions;
  readonly #direction: ObservedDirection;
  readonly #reader = new RecordReader();
  readonly #queue: ArrivedRecord[] = [];
  #queuedBytes = 0;
  /** How many at the front of the queue are copies, and no longer views of a chunk. */
  #copies = 0;
  #missing: string | undefined;
  #isBroken = false;

  constructor(options: ObservedDirectionOptions) {
    this.#options = options;
    this.#direction = new ObservedDirection(options);
  }

  /** Bytes held back, the record that is under way apart. */
  get held(): number {
    return this.#queuedBytes + this.#direction.pending;
  }

  /** Of the record that is next in line; infinite when there is none. */
  get order(): number {
    return this.#queue[0]?.order ?? Infinity;
  }

  /** Puts the records of a chunk in line, and calls `arrived` for each until it says no; `order` numbers them. */
  read(chunk: Uint8Array, when: Arrival, order: () => number, arrived: () => boolean): void {
    if (this.#isBroken) return;
    try {
      this.#reader.push(chunk);
      for (let record = this.#reader.next(); record !== undefined; record = this.#reader.next()) {
        this.#queue.push({ record, when, order: order() });
        this.#queuedBytes += record.fragment.length + RECORD_COST;
        if (!arrived()) return;
      }
    } catch (error) {
      if (!isHandclaspError(error, "ERR_HANDCLASP_MALFORMED")) throw error;
      this.#isBroken = true;
      this.#problem({ ...when, kind: "malformed", message: error.message, error });
    }
    this.#keepCopies();
  }

  /** Tells the record that is next in line; false when there is none, or it has to wait. */
  advance(): boolean {
    const [next] = this.#queue;
    if (next === undefined) return false;
    this.#missing = this.#direction.take(next.record, next.when);
    if (this.#missing !== undefined) return false;
    this.#queue.shift();
    this.#queuedBytes -= next.record.fragment.length + RECORD_COST;
    this.#copies = Math.max(0, this.#copies - 1);
    return true;
  }

  /** Holds nothing back any more, if it did: what is in line will be told as headers, and so will whatever comes. */
  giveUp(reason: string, when: Arrival): void {
    if (this.held === 0) return;
    if (this.#missing === undefined) this.#undecryptable(`a handshake message is not told: ${reason}`, when);
    else this.#tellWaiting(reason, when);
    this.#direction.lose();
  }

  /** Tells what was cut short and what waited in vain. */
  end(when: Arrival): void {
    const truncated = (message: string): void => this.#problem({ ...when, kind: "truncated", message });
    if (this.#reader.pending > 0 && !this.#isBroken)
      truncated(`the stream ends ${this.#reader.pending} bytes into a record`);
    if (this.#direction.pending > 0)
      truncated(`the stream ends ${this.#direction.pending} bytes into a handshake message`);
    this.#tellWaiting("it never came", when);
    this.#direction.lose();
  }

  #tellWaiting(reason: string, when: Arrival): void {
    const { length } = this.#queue;
    if (this.#missing === undefined || length === 0) return;
    const records = length === 1 ? "1 record" : `${length} records`;
    this.#undecryptable(`${records} cannot be decrypted without ${this.#missing}: ${reason}`, when);
  }

  #undecryptable(message: string, when: Arrival): void {
    this.#problem({ ...when, kind: "undecryptable", message });
  }

  #problem(problem: Omit<TraceProblem, "connection" | "direction">): void {
    const { connection, direction, onProblem } = this.#options;
    onProblem({ connection, direction, ...problem });
  }

  /** What waits must not hold on to the chunks it came in. */
  #keepCopies(): void {
    for (let index = this.#copies; index < this.#queue.length; index++) {
      const arrived = this.#queue[index];
      if (arrived === undefined) break;
      const { header, fragment } = arrived.record;
      const record = { ...arrived.record, header: header.slice(), fragment: fragment.slice() };
      this.#queue[index] = { ...arrived, record };
    }
    this.#copies = this.#queue.length;
  }
}
