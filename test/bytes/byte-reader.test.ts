import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { ByteReader } from "../../src/bytes/byte-reader.ts";
import { isHandclaspError } from "../../src/errors.ts";

const COUNTING = Uint8Array.from({ length: 20 }, (_, index) => index);

function reader(length = COUNTING.length): ByteReader {
  return new ByteReader(COUNTING.subarray(0, length), "client_hello");
}

function malformed(message: string, field: string, offset: number): (error: unknown) => boolean {
  return (error) => {
    assert.ok(isHandclaspError(error, "ERR_HANDCLASP_MALFORMED"));
    assert.equal(error.message, message);
    assert.deepEqual(error.details, { field, offset });
    return true;
  };
}

describe("byte reader", () => {
  it("reads numbers big-endian, one after the other", () => {
    const bytes = reader(10);
    assert.equal(bytes.uint8("a"), 0x00);
    assert.equal(bytes.uint16("b"), 0x0102);
    assert.equal(bytes.uint24("c"), 0x030405);
    assert.equal(bytes.uint32("d"), 0x06070809);
    bytes.end();
  });

  it("reads the largest numbers without a sign", () => {
    const ones = new ByteReader(new Uint8Array(9).fill(0xff), "x");
    assert.deepEqual(
      [ones.uint16("a"), ones.uint24("b"), ones.uint32("c")],
      [0xffff, 0xff_ffff, 0xffff_ffff],
    );
  });

  it("looks at the next byte without taking it", () => {
    const bytes = reader(1);
    assert.equal(bytes.peek(), 0);
    assert.equal(bytes.remaining, 1);
    bytes.uint8("a");
    assert.equal(bytes.peek(), undefined);
  });

  it("gives views of the bytes, not copies", () => {
    const bytes = reader();
    assert.equal(bytes.bytes(4, "a").buffer, COUNTING.buffer);
    assert.equal(bytes.sub(4, "b").rest().buffer, COUNTING.buffer);
    assert.equal(bytes.rest().buffer, COUNTING.buffer);
  });

  it("gives all that is left, then nothing", () => {
    const bytes = reader(4);
    bytes.uint8("a");
    assert.deepEqual([...bytes.rest()], [1, 2, 3]);
    assert.deepEqual([...bytes.rest()], []);
    assert.ok(bytes.isEmpty);
  });

  it("says which field needs more than there is, and where", () => {
    const bytes = reader();
    bytes.uint16("legacy_version");
    const message = "client_hello.random at byte 2: needs 32, has 18";
    assert.throws(() => bytes.bytes(32, "random"), malformed(message, "client_hello.random", 2));
  });

  it("stays where it was when a field does not fit", () => {
    const bytes = reader(3);
    assert.throws(() => bytes.uint32("a"));
    assert.throws(() => bytes.bytes(4, "a"));
    assert.throws(() => bytes.sub(4, "a"));
    assert.equal(bytes.uint24("b"), 0x000102);
  });

  it("takes no length that is negative, broken or no number", () => {
    for (const length of [-1, -20, 0.5, NaN, Infinity]) {
      const bytes = reader();
      bytes.uint16("a");
      const message = `client_hello.b at byte 2: needs ${length}, has 18`;
      assert.throws(() => bytes.bytes(length, "b"), malformed(message, "client_hello.b", 2), `${length}`);
      assert.throws(() => bytes.sub(length, "b"), malformed(message, "client_hello.b", 2), `${length}`);
      assert.equal(bytes.offset, 2);
    }
  });

  it("says how many bytes nobody read", () => {
    const bytes = reader(5);
    bytes.uint16("a");
    assert.throws(
      () => bytes.end(),
      malformed("client_hello at byte 2: has 3 bytes too many", "client_hello", 2),
    );
    bytes.rest();
    bytes.end();
  });

  it("makes the error for a value that cannot be, with or without a field", () => {
    const bytes = reader();
    bytes.uint8("a");
    assert.equal(bytes.malformed("is odd", "a").message, "client_hello.a at byte 1: is odd");
    assert.equal(bytes.malformed("is odd").message, "client_hello at byte 1: is odd");
  });

  it("counts from where it is told to", () => {
    const bytes = new ByteReader(COUNTING.subarray(8, 10), "part", 8);
    assert.throws(() => bytes.uint32("a"), malformed("part.a at byte 8: needs 4, has 2", "part.a", 8));
  });
});

describe("byte reader inside another", () => {
  it("ends where its structure ends, though more bytes follow", () => {
    const bytes = reader();
    const inner = bytes.sub(2, "inner");
    assert.throws(
      () => inner.uint24("a"),
      malformed("client_hello.inner.a at byte 0: needs 3, has 2", "client_hello.inner.a", 0),
    );
    assert.deepEqual([...inner.rest()], [0, 1]);
    assert.equal(bytes.uint8("next"), 2);
  });

  it("has its path and its place in the outermost structure", () => {
    const message = new ByteReader(Uint8Array.of(0, 3, 2, 0xaa, 0xbb), "hello");
    const list = message.vector(2, "list");
    const item = list.vector(1, "item");
    item.uint8("a");
    assert.throws(
      () => item.uint16("b"),
      malformed("hello.list.item.b at byte 4: needs 2, has 1", "hello.list.item.b", 4),
    );
    list.end();
    message.end();
  });

  it("reads vectors with lengths of one, two and three bytes", () => {
    for (const size of [1, 2, 3] as const) {
      const prefix = new Uint8Array(size);
      prefix[size - 1] = 2;
      const bytes = new ByteReader(Uint8Array.of(...prefix, 7, 8, 9), "x");
      assert.deepEqual([...bytes.vector(size, "v").rest()], [7, 8]);
      assert.equal(bytes.remaining, 1);
    }
  });

  it("refuses a vector that is longer than what is there", () => {
    const bytes = new ByteReader(Uint8Array.of(0, 0, 9, 1, 2), "certificate");
    const message = "certificate.list at byte 3: needs 9, has 2";
    assert.throws(() => bytes.vector(3, "list"), malformed(message, "certificate.list", 3));
  });
});

type Step = readonly [
  "uint8" | "uint16" | "uint24" | "uint32" | "bytes" | "sub" | "vector" | "rest" | "end",
  number,
];

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.tuple(
    fc.constantFrom("uint8", "uint16", "uint24", "uint32", "bytes", "sub", "vector", "rest", "end"),
    fc.integer({ min: -2, max: 12 }),
  ),
  { maxLength: 30 },
);

describe("any sequence of reads", () => {
  it("gives the bytes in order, stays inside, and fails only with a field and an offset inside", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), steps, (bytes, sequence) => {
        const open = [{ reader: new ByteReader(bytes, "root"), end: bytes.length }];
        for (const [kind, length] of sequence) follow(bytes, open, kind, length);
      }),
      { numRuns: 1000 },
    );
  });
});

interface Open {
  readonly reader: ByteReader;
  readonly end: number;
}

/** One step in the innermost structure; `sub` and `vector` open one, `end` closes one. */
function follow(bytes: Uint8Array, open: Open[], kind: Step[0], length: number): void {
  const { reader: inner, end } = open.at(-1) as Open;
  const from = inner.offset;
  try {
    if (kind === "sub" || kind === "vector") {
      const opened = kind === "sub" ? inner.sub(length, "sub") : inner.vector(1, "vector");
      const size = kind === "sub" ? length : (bytes[from] ?? 0);
      assert.equal(opened.offset, kind === "sub" ? from : from + 1);
      assert.equal(opened.remaining, size);
      assert.ok(opened.offset + size <= end);
      open.push({ reader: opened, end: opened.offset + size });
    } else if (kind === "end") {
      inner.end();
      assert.equal(from, end);
      if (open.length > 1) open.pop();
    } else {
      const read = kind === "bytes" ? inner.bytes(length, kind) : kind === "rest" ? inner.rest() : kind;
      const found = typeof read === "string" ? numberAsBytes(inner, read) : [...read];
      assert.deepEqual(found, [...bytes.subarray(from, from + found.length)]);
      assert.equal(inner.offset, from + found.length);
    }
  } catch (error) {
    assert.ok(isHandclaspError(error, "ERR_HANDCLASP_MALFORMED"), String(error));
    assert.match(error.message, /^root(\.\w+)* at byte \d+: (needs -?\d+, has \d+|has \d+ bytes too many)$/u);
    assert.ok(Number(error.details["offset"]) <= end);
  }
  assert.ok(inner.offset >= from && inner.offset <= end);
  assert.equal(inner.remaining, end - inner.offset);
  assert.equal(inner.isEmpty, inner.offset === end);
}

function numberAsBytes(inner: ByteReader, kind: "uint8" | "uint16" | "uint24" | "uint32"): number[] {
  const size = { uint8: 1, uint16: 2, uint24: 3, uint32: 4 }[kind];
  const hex = inner[kind](kind)
    .toString(16)
    .padStart(size * 2, "0");
  return [...Buffer.from(hex, "hex")];
}
