import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { isHandclaspError } from "../../../src/errors.ts";
import { DerReader, TAG, toOid } from "../../../src/x509/der/der.ts";
import { der, oid, sequence } from "../support/der-writer.ts";

function malformed(message: RegExp): (error: unknown) => boolean {
  return (error) => isHandclaspError(error, "ERR_HANDCLASP_MALFORMED") && message.test(error.message);
}

function reader(...bytes: readonly number[]): DerReader {
  return new DerReader(Uint8Array.from(bytes), "x");
}

describe("DER reader", () => {
  it("reads value after value and says when there is no more", () => {
    const values = reader(0x02, 1, 7, 0x05, 0);
    assert.equal(values.peek(), 0x02);
    assert.deepEqual(values.next("a"), { tag: 2, content: Uint8Array.of(7), offset: 2 });
    assert.deepEqual(values.next("b"), { tag: 5, content: new Uint8Array(), offset: 5 });
    assert.ok(values.isEmpty);
    assert.equal(values.peek(), undefined);
    values.end();
  });

  it("takes a value by its tag, and says what it found instead", () => {
    assert.deepEqual([...reader(0x02, 1, 7).content(TAG.INTEGER, "a")], [7]);
    assert.throws(
      () => reader(0x02, 1, 7).content(TAG.OID, "a"),
      malformed(/^x\.a at byte 0: needs tag 0x6, has 0x2$/u),
    );
    assert.throws(() => reader().content(TAG.OID, "a"), malformed(/needs tag 0x6, has nothing$/u));
  });

  it("passes over an optional value only when it has the tag", () => {
    const values = reader(0x01, 1, 0xff, 0x02, 1, 7);
    values.skipOptional(TAG.INTEGER, "no");
    values.skipOptional(TAG.BOOLEAN, "yes");
    assert.deepEqual([...values.content(TAG.INTEGER, "a")], [7]);
  });

  it("gives a value whole, with its tag and length, however deep it lies", () => {
    const inner = sequence(Uint8Array.of(0x02, 1, 7));
    const outer = new DerReader(sequence(der(0x02, new Uint8Array(200)), inner), "x");
    const inside = outer.inside(TAG.SEQUENCE, "outer");
    inside.next("first");
    assert.deepEqual([...inside.whole(TAG.SEQUENCE, "inner")], [...inner]);
  });

  it("cannot leave the value it is inside", () => {
    const values = reader(0x30, 2, 0x02, 5, 1, 2, 3, 4, 5);
    const inside = values.inside(TAG.SEQUENCE, "s");
    assert.throws(() => inside.next("a"), malformed(/^x\.s\.a at byte 4: needs 5, has 0$/u));
  });

  it("says where in the outermost structure something is wrong", () => {
    const values = new DerReader(sequence(sequence(der(0x02, Uint8Array.of(7)))), "file");
    const inside = values.inside(TAG.SEQUENCE, "one").inside(TAG.SEQUENCE, "two");
    inside.next("three");
    assert.throws(() => inside.next("four"), malformed(/^file\.one\.two\.four at byte 7: needs 1, has 0$/u));
  });

  it("refuses bytes after the end", () => {
    const values = reader(0x05, 0, 0xde, 0xad);
    values.next("a");
    assert.throws(() => values.end(), malformed(/has 2 bytes too many$/u));
  });

  it("refuses tags of more than one byte", () => {
    for (const tag of [0x1f, 0x3f, 0x5f, 0x7f, 0x9f, 0xbf, 0xdf, 0xff])
      assert.throws(() => reader(tag, 0x81, 0x01, 0).next("a"), malformed(/tag of more than one byte/u));
  });

  it("refuses the indefinite length and the reserved one", () => {
    for (const first of [0x80, 0xff])
      assert.throws(() => reader(0x30, first, 0, 0).next("a"), malformed(/form that DER does not allow/u));
  });

  it("refuses lengths that could be shorter", () => {
    for (const length of [
      [0x81, 0],
      [0x81, 0x7f],
      [0x82, 0, 0x80],
      [0x82, 0, 0xff],
      [0x83, 0, 0xff, 0xff],
    ])
      assert.throws(() => reader(0x04, ...length).next("a"), malformed(/not in its shortest form/u));
  });

  it("refuses lengths of four bytes and more, though they are true", () => {
    assert.throws(() => reader(0x04, 0x84, 0, 0, 0, 1, 7).next("a"), malformed(/DER does not allow/u));
    assert.throws(() => reader(0x04, 0x88).next("a"), malformed(/DER does not allow/u));
  });

  it("refuses a value that is cut off anywhere", () => {
    const whole = der(0x04, new Uint8Array(300));
    for (const length of [0, 1, 2, 3, 4, 303])
      assert.throws(() => new DerReader(whole.subarray(0, length), "x").next("a"), malformed(/needs/u));
  });

  it("reads any value that was written", () => {
    const tags = fc.integer({ min: 0, max: 255 }).filter((tag) => (tag & 0x1f) !== 0x1f);
    const sizes = fc.oneof(
      fc.nat({ max: 300 }),
      fc.constantFrom(127, 128, 255, 256, 65_535, 65_536, 16_777_215),
    );
    fc.assert(
      fc.property(tags, sizes, (tag, size) => {
        const values = new DerReader(der(tag, new Uint8Array(size)), "x");
        const value = values.next("a");
        values.end();
        return value.tag === tag && value.content.length === size;
      }),
      { numRuns: 50 },
    );
  });

  it("accepts each value in one form only: what it reads, written again, is what was there", () => {
    const starts = fc.tuple(
      fc.nat({ max: 255 }),
      fc.constantFrom([], [0x80], [0x81], [0x82, 0], [0x83, 0, 0]),
    );
    const bytes = fc
      .tuple(starts, fc.uint8Array({ maxLength: 200 }))
      .map(([[tag, length], rest]) => Uint8Array.of(tag, ...length, ...rest));
    fc.assert(
      fc.property(bytes, (given) => {
        const values = new DerReader(given, "x");
        try {
          const { tag, content, offset } = values.next("a");
          const written = der(tag, content);
          assert.deepEqual([...written], [...given.subarray(0, written.length)]);
          assert.equal(offset + content.length, written.length);
        } catch (error) {
          if (!isHandclaspError(error, "ERR_HANDCLASP_MALFORMED")) throw error;
        }
      }),
      { numRuns: 1000 },
    );
  });
});

function dotted(...content: readonly number[]): string {
  return toOid(Uint8Array.from(content));
}

describe("object identifier", () => {
  it("is written in dotted decimal form", () => {
    assert.equal(dotted(0x55, 0x04, 0x03), "2.5.4.3");
    assert.equal(dotted(0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01), "1.2.840.113549.1.1.1");
    assert.equal(dotted(0x00), "0.0");
    assert.equal(dotted(0x27), "0.39");
    assert.equal(dotted(0x28), "1.0");
    assert.equal(dotted(0x88, 0x37, 0x03), "2.999.3");
  });

  it("is none when it is empty or its last arc does not end", () => {
    assert.equal(dotted(), "");
    assert.equal(dotted(0x55, 0x04, 0x03, 0x80), "");
    assert.equal(dotted(0x55, 0x04, 0x83), "");
  });

  it("is none when an arc is padded, so that each has one form", () => {
    assert.equal(dotted(0x55, 0x04, 0x80, 0x03), "");
    assert.equal(dotted(0x80, 0x55, 0x04, 0x03), "");
  });

  it("is none when an arc is too large for a number, however long it is", () => {
    assert.equal(dotted(0x69, ...new Uint8Array(18).fill(0xff), 0x01), "");
    assert.equal(toOid(new Uint8Array(40_000).fill(0xff)), "");
  });

  it("reads every identifier that was written, and takes no two contents for the same one", () => {
    const arcs = fc.array(fc.nat({ max: 2 ** 31 }), { minLength: 1, maxLength: 10 });
    const first = fc.oneof(
      fc.tuple(fc.constantFrom(0, 1), fc.nat({ max: 39 })),
      fc.tuple(fc.constant(2), fc.nat({ max: 2 ** 30 })),
    );
    fc.assert(
      fc.property(first, arcs, (start, rest) => {
        const text = [...start, ...rest].join(".");
        assert.equal(toOid(new DerReader(oid(text), "x").content(TAG.OID, "oid")), text);
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 12 }), (content) => {
        const text = toOid(content);
        if (text === "") return;
        assert.deepEqual([...new DerReader(oid(text), "x").content(TAG.OID, "oid")], [...content]);
      }),
    );
  });
});
