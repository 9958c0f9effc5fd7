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
/** Of what may be headers so many are looked at again when more has come: in ciphertext there is hardly ever one by chance. */
const MOST_WAITING = 16;

/**
 * Finds where records begin in a stream that lacks bytes: at the first header that can be, behind whose record
 * another one stands, or nothing more has come. It holds back a little more than one record, which may be none: what looks like
 * a header is in ciphertext now and then, and a record behind which another one stands is believed before one that has not all come.
 */
export class RecordSeeker {
  readonly #maxFragmentLength: number;
  /** What may be a record is in there from `#start` to `#end`. */
  #buffer = new Uint8Array(0);
  #start = 0;
  #end = 0;
  #passed = 0;
  /** Where a header may stand whose record has not all come; and up to where there is no other one. */
  #waiting: number[] = [];
  #scanned = 0;
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
    const found = this.#waitingOne() ?? this.#nextOne();
    const from = found ?? this.#waiting[0] ?? this.#scanned;
    this.#passed += from - this.#start;
    this.#start = from;
    return found === undefined ? undefined : this.#buffer.slice(found, this.#end);
  }

  /** Of those that waited, the first whose record has come. */
  #waitingOne(): number | undefined {
    const said = this.#waiting.map((at) => this.#fits(at));
    const found = this.#waiting[said.indexOf("yes")];
    this.#waiting = this.#waiting.filter((_, index) => said[index] === "not yet");
    return found;
  }

  #nextOne(): number | undefined {
    for (; this.#scanned < this.#end && this.#waiting.length < MOST_WAITING; this.#scanned++) {
      const fits = this.#fits(this.#scanned);
      if (fits === "yes") return this.#scanned;
      if (fits === "not yet") this.#waiting.push(this.#scanned);
    }
    return undefined;
  }

  /** Bytes are missing here: what is held back is no record. */
  drop(): void {
    this.#passed += this.pending;
    this.#start = this.#end;
    this.#scanned = this.#end;
    this.#waiting = [];
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
      this.#scanned -= this.#start;
      this.#waiting = this.#waiting.map((at) => at - this.#start);
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
