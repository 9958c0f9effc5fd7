import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { RecordReader } from "../../../src/tls/records/record-reader.ts";
import { propertyRuns } from "../../support/property-runs.ts";
import { byteByByte, cut } from "../messages/support/chunks.ts";
import { concat, record } from "../messages/support/encode.ts";

/** Where records were made out, and how much of them. */
function readAfterGap(
  chunks: readonly Uint8Array[],
  gap = 100,
): readonly (readonly [number, number, number?])[] {
  const reader = new RecordReader();
  reader.gap(gap);
  return chunks.flatMap((chunk) =>
    Array.from(reader.read(chunk), (found) =>
      found.gap === undefined
        ? ([found.offset, found.fragment.length] as const)
        : ([found.offset, found.fragment.length, found.gap] as const),
    ),
  );
}

describe("record reader, behind missing bytes", () => {
  it("goes on at the first record, which the next one confirms", () => {
    const middle = Uint8Array.from({ length: 700 }, (_, index) => (index * 31) % 256);
    const bytes = concat(middle, record(23, new Uint8Array(50)), record(23, new Uint8Array(60)));
    const expected = [
      [800, 50, 800],
      [855, 60],
    ];
    assert.deepEqual(readAfterGap([bytes]), expected);
    assert.deepEqual(readAfterGap(byteByByte(bytes)).at(-1), expected.at(-1));
  });

  it("takes a record that nothing follows", () => {
    assert.deepEqual(readAfterGap([record(21, new Uint8Array(26))]), [[100, 26, 100]]);
  });

  it("is not led astray by what looks like a header within a record", () => {
    const false5 = [23, 3, 3, 0, 10];
    const bytes = concat(
      false5,
      new Uint8Array(40),
      record(22, new Uint8Array(9)),
      record(22, new Uint8Array(8)),
    );
    assert.deepEqual(readAfterGap([bytes]), [
      [145, 9, 145],
      [159, 8],
    ]);
  });

  it("believes records that have come before one that looks as if it went on for long", () => {
    const long = [23, 3, 3, 0x3f, 0xff];
    const bytes = concat(
      new Uint8Array(20),
      long,
      new Uint8Array(30),
      record(23, new Uint8Array(50)),
      record(23, new Uint8Array(60)),
    );
    const expected = [
      [155, 50, 155],
      [210, 60],
    ];
    assert.deepEqual(readAfterGap([bytes]), expected);
    assert.deepEqual(readAfterGap(byteByByte(bytes)).at(-1), expected.at(-1));
    assert.deepEqual(readAfterGap([bytes.subarray(0, 90), bytes.subarray(90)]), expected);
  });

  it("waits for a long record, whatever its beginning looks like", () => {
    const looks = concat(...Array.from({ length: 40 }, () => [23, 3, 3, 0x3f, 0xff]));
    const body = concat(looks, new Uint8Array(3000));
    const bytes = concat(record(23, body), record(23, new Uint8Array(60)));
    const expected = [
      [100, 3200, 100],
      [3305, 60],
    ];
    assert.deepEqual(readAfterGap([bytes]), expected);
    assert.deepEqual(readAfterGap([bytes.subarray(0, 400), bytes.subarray(400)]), expected);
  });

  it("gives up where no record comes, in time that grows with what comes", () => {
    const reader = new RecordReader();
    reader.gap(1);
    const chunk = concat(...Array.from({ length: 300 }, () => [23, 3, 3, 0x3f, 0xff]));
    for (let times = 0; times < 20_000; times++) {
      assert.deepEqual(Array.from(reader.read(chunk)), []);
      assert.ok(reader.pending < 128 * 1024);
    }
  });

  it("finds no record that was not sent, and holds back a bounded part, whatever comes", () => {
    const anything = fc.array(fc.uint8Array({ maxLength: 3_000 }), { maxLength: 10 });
    const run = fc.property(anything, fc.array(fc.nat(), { maxLength: 10 }), (parts, places) => {
      const reader = new RecordReader();
      reader.gap(1);
      for (const chunk of cut(concat(...parts), places)) {
        for (const found of reader.read(chunk)) assert.ok(found.fragment.length <= 18_432);
        assert.ok(reader.pending <= 40_000);
      }
    });
    fc.assert(run, { numRuns: propertyRuns(300) });
  });
});
