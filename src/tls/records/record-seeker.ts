/** What records' headers begin with, as far as it can be told without knowing more: `20` to `24`, then version 3.0 to 3.4. */
const FIRST_TYPE = 20;
const LAST_TYPE = 24;
const MAJOR = 3;
const LAST_MINOR = 4;
const CHANGE_CIPHER_SPEC = 20;
const HEADER_LENGTH = 5;
const FIRST_CAPACITY = 4096;
/** Of TLS a record ends long before: what has none among so many bytes is something else. */
const MOST_PASSED = 128 * 1024;

/**
 * Finds where records begin in a stream that lacks bytes: at the first header that can be, behind whose record
 * another one stands, or nothing more has come. It holds back a little more than one record.
 */
export class RecordSeeker {
  readonly #maxFragmentLength: number;
  /** What may be a record is in there from `#start` to `#end`. */
  #buffer = new Uint8Array(0);
  #start = 0;
  #end = 0;
  #passed = 0;
  /** As many may be passed, unless bytes are missing again. */
  #limit = MOST_PASSED;

  constructor(maxFragmentLength: number) {
    this.#maxFragmentLength = maxFragmentLength;
  }

  /** How many bytes belong to no record that could be found. */
  get passed(): number {
    return this.#passed;
  }

  /** Bytes held back because they may be a record. */
  get pending(): number {
    return this.#end - this.#start;
  }

  /** Once the first record is found, all bytes from there on. */
  push(chunk: Uint8Array): Uint8Array | undefined {
    if (this.#passed > this.#limit) {
      this.#passed += chunk.length;
      return undefined;
    }
    this.#append(chunk);
    for (; this.#start < this.#end; this.#start++, this.#passed++) {
      const type = this.#buffer[this.#start] ?? 0;
      if (type < FIRST_TYPE || type > LAST_TYPE) continue;
      const fits = this.#fits(this.#start);
      if (fits === "yes") return this.#buffer.slice(this.#start, this.#end);
      if (fits === "not yet") break;
    }
    return undefined;
  }

  /** Bytes are missing here: what is held back is no record. */
  drop(): void {
    this.#passed += this.pending;
    this.#start = this.#end;
    this.#limit = this.#passed + MOST_PASSED;
  }

  /** Moves what is there to the front, or to a larger place, no more often than bytes come. */
  #append(chunk: Uint8Array): void {
    const length = this.pending + chunk.length;
    if (this.#end + chunk.length > this.#buffer.length) {
      const old = this.#buffer.subarray(this.#start, this.#end);
      if (2 * length > this.#buffer.length)
        this.#buffer = new Uint8Array(Math.max(4 * length, FIRST_CAPACITY));
      this.#buffer.set(old);
      this.#end -= this.#start;
      this.#start = 0;
    }
    this.#buffer.set(chunk, this.#end);
    this.#end += chunk.length;
  }

  #fits(at: number): "yes" | "no" | "not yet" {
    if (!this.#canBegin(at)) return "no";
    if (this.#end - at < HEADER_LENGTH) return "not yet";
    const next = at + HEADER_LENGTH + this.#uint16(at + 3);
    if (next === this.#end) return "yes";
    if (next > this.#end) return "not yet";
    if (!this.#canBegin(next) || (this.#at(next + 2) ?? this.#at(at + 2)) !== this.#at(at + 2)) return "no";
    return this.#end - next < HEADER_LENGTH ? "not yet" : "yes";
  }

  /** Whether a header may stand there, as far as it has come. */
  #canBegin(at: number): boolean {
    const type = this.#at(at) ?? FIRST_TYPE;
    if (type < FIRST_TYPE || type > LAST_TYPE) return false;
    if ((this.#at(at + 1) ?? MAJOR) !== MAJOR || (this.#at(at + 2) ?? LAST_MINOR) > LAST_MINOR) return false;
    if (this.#end - at < HEADER_LENGTH) return true;
    const length = this.#uint16(at + 3);
    return length > 0 && length <= (type === CHANGE_CIPHER_SPEC ? 1 : this.#maxFragmentLength);
  }

  #at(index: number): number | undefined {
    return index < this.#end ? this.#buffer[index] : undefined;
  }

  #uint16(index: number): number {
    return ((this.#buffer[index] ?? 0) << 8) | (this.#buffer[index + 1] ?? 0);
  }
}
