import { HandclaspError } from "../../errors.ts";

/** Universal tags and the context tags we meet (X.690 §8.1.2). */
export const TAG = {
  BOOLEAN: 0x01,
  INTEGER: 0x02,
  BIT_STRING: 0x03,
  OCTET_STRING: 0x04,
  NULL: 0x05,
  OID: 0x06,
  UTC_TIME: 0x17,
  GENERALIZED_TIME: 0x18,
  SEQUENCE: 0x30,
  SET: 0x31,
} as const;

/** One DER value: its tag, what is inside, and the whole with tag and length. */
export interface DerValue {
  readonly tag: number;
  readonly content: Uint8Array;
  /** Where `content` begins in the outermost structure. */
  readonly offset: number;
}

/** Reads DER value by value (X.690 §10): definite lengths, the shortest form, one-byte tags. */
export class DerReader {
  readonly #bytes: Uint8Array;
  readonly #field: string;
  readonly #parent: DerReader | undefined;
  readonly #end: number;
  #at: number;

  constructor(bytes: Uint8Array, field: string, start = 0, end: number = bytes.length, parent?: DerReader) {
    this.#bytes = bytes;
    this.#field = field;
    this.#at = start;
    this.#end = end;
    this.#parent = parent;
  }

  get isEmpty(): boolean {
    return this.#at === this.#end;
  }

  /** The next value's tag; undefined at the end. */
  peek(): number | undefined {
    return this.#at < this.#end ? this.#bytes[this.#at] : undefined;
  }

  next(field: string): DerValue {
    const tag = this.peek() ?? 0;
    const start = this.#enter(field);
    return { tag, content: this.#bytes.subarray(start, this.#at), offset: start };
  }

  /** The content of the next value, which must have the tag. */
  content(tag: number, field: string): Uint8Array {
    this.#expect(tag, field);
    const start = this.#enter(field);
    return this.#bytes.subarray(start, this.#at);
  }

  /** A reader inside the next value, which must have the tag. */
  inside(tag: number, field: string): DerReader {
    this.#expect(tag, field);
    const start = this.#enter(field);
    return new DerReader(this.#bytes, field, start, this.#at, this);
  }

  /** The next value with its tag and length, as it stands. */
  whole(tag: number, field: string): Uint8Array {
    const from = this.#at;
    this.#expect(tag, field);
    this.#enter(field);
    return this.#bytes.subarray(from, this.#at);
  }

  /** Passes over the next value, which must have the tag. */
  skip(tag: number, field: string): void {
    this.#expect(tag, field);
    this.#enter(field);
  }

  /** Passes over the next value if it has the tag. */
  skipOptional(tag: number, field: string): void {
    if (this.peek() === tag) this.#enter(field);
  }

  end(): void {
    if (!this.isEmpty) throw this.malformed(`has ${this.#end - this.#at} bytes too many`);
  }

  /** The error for what stands at the present place. */
  malformed(problem: string, field = ""): HandclaspError {
    const path = field === "" ? this.#path() : `${this.#path()}.${field}`;
    return new HandclaspError("ERR_HANDCLASP_MALFORMED", `${path} at byte ${this.#at}: ${problem}`, {
      details: { field: path, offset: this.#at },
    });
  }

  #path(): string {
    return this.#parent === undefined ? this.#field : `${this.#parent.#path()}.${this.#field}`;
  }

  #expect(tag: number, field: string): void {
    const found = this.peek();
    if (found === tag) return;
    const has = found === undefined ? "nothing" : `0x${found.toString(16)}`;
    throw this.malformed(`needs tag 0x${tag.toString(16)}, has ${has}`, field);
  }

  /** Passes over a whole value and returns where its content starts. */
  #enter(field: string): number {
    if ((this.#byte(field) & 0x1f) === 0x1f) throw this.malformed("has a tag of more than one byte", field);
    const length = this.#length(field);
    const start = this.#at;
    if (length > this.#end - start) throw this.malformed(`needs ${length}, has ${this.#end - start}`, field);
    this.#at = start + length;
    return start;
  }

  #length(field: string): number {
    const first = this.#byte(field);
    if (first < 0x80) return first;
    const size = first & 0x7f;
    if (size === 0 || size > 3) throw this.malformed("has a length of a form that DER does not allow", field);
    let length = 0;
    for (let index = 0; index < size; index++) length = length * 256 + this.#byte(field);
    const shortest = size === 1 ? 0x80 : 256 ** (size - 1);
    if (length < shortest) throw this.malformed("has a length that is not in its shortest form", field);
    return length;
  }

  #byte(field: string): number {
    if (this.#at >= this.#end) throw this.malformed("needs 1, has 0", field);
    return this.#bytes[this.#at++] ?? 0;
  }
}

/**
 * The value of an INTEGER in its shortest form (X.690 §8.3.2); undefined when it is negative or beyond 2^53-1, which
 * a number cannot hold.
 */
export function readInteger(reader: DerReader, field: string): number | undefined {
  const content = reader.content(TAG.INTEGER, field);
  const [first, second = 0] = content;
  if (first === undefined) throw reader.malformed("is empty", field);
  const isPadded =
    content.length > 1 && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80));
  if (isPadded) throw reader.malformed("is not in its shortest form", field);
  if (first >= 0x80 || content.length > 7) return undefined;
  let value = 0;
  for (const byte of content) value = value * 256 + byte;
  return Number.isSafeInteger(value) ? value : undefined;
}

/** Whether content is that of the OID given by its own content: cheaper than writing both out. */
export function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  if (one.length !== other.length) return false;
  for (let index = 0; index < one.length; index++) if (one[index] !== other[index]) return false;
  return true;
}

/** Dotted decimal form of an OID's content (X.690 §8.19); empty when it is not one, or an arc is beyond 2^47. */
export function toOid(content: Uint8Array): string {
  const arcs: number[] = [];
  let arc = 0;
  let isWithin = false;
  for (const byte of content) {
    const isPadded = !isWithin && byte === 0x80;
    if (isPadded || arc >= 2 ** 40) return "";
    arc = arc * 128 + (byte & 0x7f);
    isWithin = byte >= 0x80;
    if (isWithin) continue;
    if (arcs.length === 0)
      arcs.push(Math.min(2, Math.floor(arc / 40)), arc - 40 * Math.min(2, Math.floor(arc / 40)));
    else arcs.push(arc);
    arc = 0;
  }
  return isWithin ? "" : arcs.join(".");
}
