import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import * as fc from "fast-check";
import { isHandclaspError } from "../../../../src/errors.ts";
import {
  encodeSnapshotPart,
  parseSnapshotPart,
} from "../../../../src/store/sqlite/snapshot/snapshot-part.ts";

const row = fc.tuple(
  fc.string({ unit: "grapheme" }),
  fc.uint8Array().map((bytes) => Buffer.from(bytes)),
  fc.option(fc.integer()),
);
const part = fc
  .tuple(fc.string(), fc.array(row))
  .map(([table, rows]) => ({ table, columns: ["pin", "der", "added_at"], bytes: ["der"], rows }));

const MALFORMED = { code: "ERR_HANDCLASP_MALFORMED" };

function readAll(bytes: Uint8Array): void {
  using read = parseSnapshotPart(bytes);
  Array.from(read.rows());
}

function onlyOurs(bytes: Uint8Array): void {
  try {
    readAll(bytes);
  } catch (error) {
    assert.ok(isHandclaspError(error, "ERR_HANDCLASP_MALFORMED"));
  }
}

describe("a part of a snapshot", () => {
  it("is read as it was written", () => {
    fc.assert(
      fc.property(part, (one) => {
        using read = parseSnapshotPart(encodeSnapshotPart(one));
        const { table, columns, bytes } = read;
        assert.deepEqual({ table, columns, bytes, rows: [...read.rows()] }, one);
      }),
    );
  });

  it("is refused by our error alone, whatever it is", () => {
    fc.assert(fc.property(fc.uint8Array(), onlyOurs));
    fc.assert(fc.property(fc.uint8Array(), (bytes) => onlyOurs(zstdCompressSync(bytes))));
    fc.assert(
      fc.property(part, fc.nat(), fc.integer({ min: 1, max: 255 }), (one, at, other) => {
        const whole = zstdDecompressSync(encodeSnapshotPart(one));
        const place = at % whole.length;
        whole.writeUInt8(whole.readUInt8(place) ^ other, place);
        onlyOurs(zstdCompressSync(whole));
      }),
    );
  });

  it("is refused where bytes are missing, or are left", () => {
    const one = { table: "t", columns: ["a"], bytes: ["a"], rows: [[Buffer.from("some")]] };
    const whole = zstdDecompressSync(encodeSnapshotPart(one));
    assert.throws(() => readAll(zstdCompressSync(whole.subarray(0, -1))), MALFORMED);
    assert.throws(() => readAll(zstdCompressSync(Buffer.concat([whole, whole]))), MALFORMED);
  });

  it("is refused as versions wrote it that had text alone", () => {
    const former = JSON.stringify({ table: "noted", columns: ["problem", "about"], rows: [["a", "b"]] });
    assert.throws(() => readAll(zstdCompressSync(former)), MALFORMED);
  });
});
