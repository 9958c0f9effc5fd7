import { isHandclaspError } from "../../errors.ts";
import { ObservedDirection, type ObservedDirectionOptions } from "./observed-direction.ts";
import { RecordReader, type TlsRecord } from "../records/record-reader.ts";
import type { Arrival, TraceProblem } from "./trace-message.ts";

/** A record that came, and as the how manieth of the connection. */
interface ArrivedRecord {
  readonly record: TlsRecord;
  readonly when: Arrival;
  readonly order: number;
  /** So many bytes are missing before it or in it. */
  readonly missing: number;
}

/** What keeping one record costs beside its bytes, roughly. */
const RECORD_COST = 256;
/** In a capture of cut packets each record lacks bytes. */
const MOST_GAPS_TOLD = 8;

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
  /** Bytes that are missing, and have not been told yet. */
  #lacking = 0;
  #gapsTold = 0;
  #alsoLacking = 0;

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
      this.#takeRecords(when, order, arrived);
    } catch (error) {
      if (!isHandclaspError(error, "ERR_HANDCLASP_MALFORMED")) throw error;
      this.#isBroken = true;
      this.#problem({ ...when, kind: "malformed", message: error.message, error });
    }
    this.#keepCopies();
  }

  /**
   * `length` bytes are missing here, 0 when nobody knows how many: reading goes on within the record under way, or at
   * the next one that can be made out. As `read` for what that completes.
   */
  gap(length: number, when: Arrival, order: () => number, arrived: () => boolean): void {
    if (this.#isBroken) return;
    this.#lacking += length;
    this.#reader.gap(length);
    this.#takeRecords(when, order, arrived);
  }

  /** The other side's hello does not come: what is in the clear is told without. */
  goAlone(): void {
    this.#direction.goAlone();
  }

  /** Tells the record that is next in line; false when there is none, or it has to wait. */
  advance(): boolean {
    const [next] = this.#queue;
    if (next === undefined) return false;
    this.#missing = this.#direction.take(next.record, next.when, next.missing);
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
    if (!this.#isBroken) this.#tellMissing(truncated);
    if (this.#direction.pending > 0)
      truncated(`the stream ends ${this.#direction.pending} bytes into a handshake message`);
    this.#tellWaiting("it never came", when);
    this.#direction.lose();
  }

  #takeRecords(when: Arrival, order: () => number, arrived: () => boolean): void {
    for (let record = this.#reader.next(); record !== undefined; record = this.#reader.next()) {
      this.#queue.push({ record, when, order: order(), missing: this.#lacking && this.#missingToTell() });
      this.#queuedBytes += record.fragment.length + RECORD_COST;
      if (!arrived()) return;
    }
  }

  /** Of the first gaps each is told where it is, of the others the sum in the end. */
  #missingToTell(): number {
    const missing = this.#lacking;
    this.#lacking = 0;
    if (this.#gapsTold++ < MOST_GAPS_TOLD) return missing;
    this.#alsoLacking += missing;
    return 0;
  }

  #tellMissing(truncated: (message: string) => void): void {
    const { pending, isSeeking, passed } = this.#reader;
    if (this.#alsoLacking > 0) truncated(`${this.#alsoLacking} more bytes are missing, in many places`);
    if (this.#lacking > 0) truncated(describeLast(this.#lacking, isSeeking ? pending + passed : 0));
    else if (isSeeking && pending + passed > 0)
      truncated(`no record could be made out in ${pending + passed} bytes`);
    if (isSeeking) return;
    if (pending > 0) truncated(`the stream ends ${pending} bytes into a record`);
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

function describeLast(missing: number, unread: number): string {
  const rest =
    unread === 0 ? "nothing was read after them" : `no record could be made out in the ${unread} after them`;
  return `${missing} bytes are missing, and ${rest}`;
}
