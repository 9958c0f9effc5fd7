import { ByteReader } from "../bytes/byte-reader.ts";

/** Universal tags and the context tags we meet (X.690 §8.1.2). */
export const TAG = {
  BOOLEAN: 0x01,
  INTEGER: 0x02,
  BIT_STRING: 0x03,
  OCTET_STRING: 0x04,
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
  readonly #reader: ByteReader;
  readonly #path: string;
  readonly #start: number;

  constructor(bytes: Uint8Array, path: string, start = 0) {
    this.#bytes = bytes;
    this.#reader = new ByteReader(bytes, path, start);
    this.#path = path;
    this.#start = start;
  }

  get isEmpty(): boolean {
    return this.#reader.isEmpty;
  }

  /** The next value's tag; undefined at the end. */
  peek(): number | undefined {
    return this.#reader.peek();
  }

  next(field: string): DerValue {
    const tag = this.#reader.uint8(field);
    if ((tag & 0x1f) === 0x1f) throw this.#reader.malformed("has a tag of more than one byte", field);
    const length = this.#length(field);
    const offset = this.#reader.offset;
    return { tag, content: this.#reader.bytes(length, field), offset };
  }

  /** The content of the next value, which must have the tag. */
  content(tag: number, field: string): Uint8Array {
    return this.#expect(tag, field).content;
  }

  /** A reader inside the next value, which must have the tag. */
  inside(tag: number, field: string): DerReader {
    const value = this.#expect(tag, field);
    return new DerReader(value.content, `${this.#path}.${field}`, value.offset);
  }

  /** The next value with its tag and length, as it stands. */
  whole(tag: number, field: string): Uint8Array {
    const from = this.#reader.offset - this.#start;
    this.#expect(tag, field);
    return this.#bytes.subarray(from, this.#reader.offset - this.#start);
  }

  /** Passes over the next value if it has the tag. */
  skipOptional(tag: number, field: string): void {
    if (this.peek() === tag) this.next(field);
  }

  end(): void {
    this.#reader.end();
  }

  malformed(problem: string, field = ""): Error {
    return this.#reader.malformed(problem, field);
  }

  #expect(tag: number, field: string): DerValue {
    const found = this.peek();
    if (found !== tag) {
      const has = found === undefined ? "nothing" : `0x${found.toString(16)}`;
      throw this.#reader.malformed(`needs tag 0x${tag.toString(16)}, has ${has}`, field);
    }
    return this.next(field);
  }

  #length(field: string): number {
    const first = this.#reader.uint8(field);
    if (first < 0x80) return first;
    const size = first & 0x7f;
    if (size === 0 || size > 3)
      throw this.#reader.malformed("has a length of a form that DER does not allow", field);
    let length = 0;
    for (let index = 0; index < size; index++) length = length * 256 + this.#reader.uint8(field);
    const shortest = size === 1 ? 0x80 : 256 ** (size - 1);
    if (length < shortest)
      throw this.#reader.malformed("has a length that is not in its shortest form", field);
    return length;
  }
}

/** Dotted decimal form of an OID's content (X.690 §8.19); empty when it is not one. */
export function toOid(content: Uint8Array): string {
  const arcs: number[] = [];
  let arc = 0;
  for (const byte of content) {
    if (arc > 2 ** 40) return "";
    arc = arc * 128 + (byte & 0x7f);
    if (byte >= 0x80) continue;
    if (arcs.length === 0)
      arcs.push(Math.min(2, Math.floor(arc / 40)), arc - 40 * Math.min(2, Math.floor(arc / 40)));
    else arcs.push(arc);
    arc = 0;
  }
  return arcs.join(".");
}
