import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { type Frame, FrameReader, malformedFrame } from "../../../src/tls/records/frame-reader.ts";
import { byteByByte, cut } from "../messages/support/chunks.ts";

const HEADER = 3;

/** Of frames of a byte, then the length of the body in two. A first byte of 255 is none. */
function bodyLength(bytes: Uint8Array, at: number, offset: number): number {
  if (bytes[at] === 255) throw malformedFrame("kind", offset, "it cannot be 255");
  return (bytes[at + 1] ?? 0) * 256 + (bytes[at + 2] ?? 0);
}

function reader(maxBody?: number): FrameReader {
  return new FrameReader(HEADER, bodyLength, maxBody);
}

function encode(kind: number, body: Uint8Array): Uint8Array {
  return Uint8Array.of(kind, body.length >> 8, body.length & 255, ...body);
}

function readAll(frames: FrameReader, chunks: readonly Uint8Array[]): Frame[] {
  return chunks.flatMap((chunk) => {
    frames.push(chunk);
    const found: Frame[] = [];
    for (let frame = frames.next(); frame !== undefined; frame = frames.next()) {
      found.push({ ...frame, bytes: frame.bytes.slice() });
    }
    return found;
  });
}

function thrown(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    return error;
  }
}

const bodies = fc.array(fc.tuple(fc.nat(254), fc.uint8Array({ maxLength: 600 })), {
  minLength: 1,
  maxLength: 6,
});

describe("frame reader", () => {
  it("gives the same frames, each with its place in the stream, however it is cut", () => {
    fc.assert(
      fc.property(bodies, fc.array(fc.nat(), { maxLength: 12 }), (list, places) => {
        const encoded = list.map(([kind, body]) => encode(kind, body));
        const whole = Buffer.concat(encoded);
        const expected = encoded.map((bytes, at) => ({
          bytes: new Uint8Array(bytes),
          offset: encoded.slice(0, at).reduce((sum, { length }) => sum + length, 0),
        }));
        for (const chunks of [[whole], cut(whole, places), byteByByte(whole)]) {
          const told = readAll(reader(), chunks);
          assert.deepEqual(
            told.map(({ bytes, offset }) => ({ bytes: new Uint8Array(bytes), offset })),
            expected,
          );
        }
      }),
    );
  });

  it("tells how much it holds back, and where the next frame begins", () => {
    const frames = reader();
    assert.equal(readAll(frames, [encode(1, new Uint8Array(5)), Uint8Array.of(2, 0, 9, 7)]).length, 1);
    assert.deepEqual([frames.pending, frames.offset, [...frames.partial]], [4, 8, [2, 0, 9, 7]]);
  });

  it("passes over a body that is too long, keeps its header, and goes on behind it", () => {
    const whole = Buffer.concat([encode(1, new Uint8Array(101)), encode(2, Uint8Array.of(3))]);
    for (const chunks of [[whole], byteByByte(whole)]) {
      const told = readAll(reader(100), chunks);
      assert.deepEqual(
        told.map(({ bytes, offset, skipped }) => [[...bytes], offset, skipped]),
        [
          [[1, 0, 101], 0, 101],
          [[2, 0, 1, 3], 104, undefined],
        ],
      );
    }
  });

  it("goes on behind bytes that are missing within a frame, and says which they are", () => {
    const frames = reader();
    assert.deepEqual(readAll(frames, [Uint8Array.of(1, 0, 6, 9, 9)]), []);
    assert.equal(frames.gap(3), true);
    const [frame] = readAll(frames, [Uint8Array.of(8)]);
    assert.deepEqual(
      [[...(frame?.bytes ?? [])], frame?.hole],
      [[1, 0, 6, 9, 9, 0, 0, 0, 8], { from: 5, to: 8 }],
    );
  });

  it("gives a frame whose last bytes are missing without waiting for another one", () => {
    const frames = reader();
    readAll(frames, [Uint8Array.of(1, 0, 2)]);
    assert.equal(frames.gap(2), true);
    assert.deepEqual([...(frames.next()?.bytes ?? [])], [1, 0, 2, 0, 0]);
  });

  it("drops a frame when more is missing than belongs to it, until it is told where the next one begins", () => {
    const frames = reader();
    readAll(frames, [Uint8Array.of(1, 0, 4, 9)]);
    assert.equal(frames.gap(4), false);
    frames.restart(100);
    assert.equal(readAll(frames, [encode(2, Uint8Array.of(5))])[0]?.offset, 100);
  });

  it("does not go on after a frame that cannot be: each call throws the same", () => {
    const frames = reader();
    frames.push(Uint8Array.of(255, 0, 1));
    const first = thrown(() => frames.next());
    assert.match(String(first), /kind at byte 0: it cannot be 255/);
    assert.equal(
      thrown(() => frames.next()),
      first,
    );
    assert.equal(
      thrown(() => frames.push(new Uint8Array(1))),
      first,
    );
  });

  it("holds what has come, never what a header promises", () => {
    const frames = reader();
    readAll(frames, [Uint8Array.of(1, 255, 255)]);
    assert.ok(frames.partial.buffer.byteLength <= 4096, `${frames.partial.buffer.byteLength}`);
  });
});
