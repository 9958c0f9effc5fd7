import { HandclaspError } from "../errors.ts";

/**
 * Reads a structure field by field and cannot leave it. Every failure is ERR_HANDCLASP_MALFORMED with the
 * field's path and offset: `client_hello.random at byte 2: needs 32, has 18`. Nothing is copied.
 */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #field: string;
  readonly #parent: ByteReader | undefined;
  /** Where `#bytes` begins in the outermost structure. */
  readonly #start: number;
  #at = 0;

  constructor(bytes: Uint8Array, field: string, start = 0, parent?: ByteReader) {
    this.#bytes = bytes;
    this.#field = field;
    this.#start = start;
    this.#parent = parent;
  }

  /** From the beginning of the outermost structure. */
  get offset(): number {
    return this.#start + this.#at;
  }

  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  get isEmpty(): boolean {
    return this.#at === this.#bytes.length;
  }

  /** The next byte without consuming it; undefined at the end. */
  peek(): number | undefined {
    return this.#bytes[this.#at];
  }

  uint8(field: string): number {
    const at = this.#take(1, field);
    return this.#bytes[at] ?? 0;
  }

  /** Big-endian, like all numbers here. */
  uint16(field: string): number {
    return this.#uint(2, field);
  }

  uint24(field: string): number {
    return this.#uint(3, field);
  }

  uint32(field: string): number {
    return this.#uint(4, field);
  }

  bytes(length: number, field: string): Uint8Array {
    const at = this.#take(length, field);
    return this.#bytes.subarray(at, at + length);
  }

  /** A reader for the next `length` bytes. */
  sub(length: number, field: string): ByteReader {
    const start = this.offset;
    return new ByteReader(this.bytes(length, field), field, start, this);
  }

  /** A reader for a vector whose length takes `lengthBytes` (RFC 8446 §3.4). */
  vector(lengthBytes: 1 | 2 | 3, field: string): ByteReader {
    return this.sub(this.#uint(lengthBytes, field), field);
  }

  /** All that is left. */
  rest(): Uint8Array {
    const rest = this.#bytes.subarray(this.#at);
    this.#at = this.#bytes.length;
    return rest;
  }

  /** Everything must have been read. */
  end(): void {
    if (!this.isEmpty) throw this.malformed(`has ${this.remaining} bytes too many`);
  }

  /** The error for a value at the present place that cannot be. */
  malformed(problem: string, field = ""): HandclaspError {
    const path = field === "" ? this.#path() : `${this.#path()}.${field}`;
    return new HandclaspError("ERR_HANDCLASP_MALFORMED", `${path} at byte ${this.offset}: ${problem}`, {
      details: { field: path, offset: this.offset },
    });
  }

  #path(): string {
    return this.#parent === undefined ? this.#field : `${this.#parent.#path()}.${this.#field}`;
  }

  #uint(length: number, field: string): number {
    let value = 0;
    const at = this.#take(length, field);
    for (let index = at; index < at + length; index++) value = value * 256 + (this.#bytes[index] ?? 0);
    return value;
  }

  #take(length: number, field: string): number {
    if (!Number.isInteger(length) || length < 0 || length > this.remaining)
      throw this.malformed(`needs ${length}, has ${this.remaining}`, field);
    const at = this.#at;
    this.#at += length;
    return at;
  }
}
