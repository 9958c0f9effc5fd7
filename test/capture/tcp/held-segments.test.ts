import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import type { Moment } from "../../../src/capture/tcp/connection.ts";
import { HeldSegments } from "../../../src/capture/tcp/held-segments.ts";

const WHEN = { packet: 1, timeMs: 0 } as Moment;

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}

describe("segments that came before their turn", () => {
  it("are kept byte by byte as they came first, and given in their order", () => {
    const held = new HeldSegments();
    held.add(4, Buffer.from("EF"), WHEN);
    held.add(2, Buffer.from("cdefgh"), WHEN);
    assert.deepEqual([held.first?.at, held.end], [2, 8]);
    assert.deepEqual(held.takeRun(1), []);
    assert.equal(
      held
        .takeRun(2)
        .map(({ bytes }) => textOf(bytes))
        .join(""),
      "cdEFgh",
    );
    assert.deepEqual([held.count, held.cost], [0, 0]);
  });

  it("cost more than their bytes, and nothing once they are forgotten", () => {
    const held = new HeldSegments();
    held.add(0, new Uint8Array(10), WHEN);
    assert.ok(held.cost > 10);
    held.dropBefore(4);
    assert.deepEqual([held.first?.at, held.first?.bytes.length], [4, 6]);
    held.dropBefore(10);
    assert.deepEqual([held.count, held.cost], [0, 0]);
  });

  it("are the first to say each byte, in whatever order and however often they come", () => {
    const piece = fc.record({ at: fc.nat(60), bytes: fc.uint8Array({ minLength: 1, maxLength: 20 }) });
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), fc.nat(60), (pieces, from) => {
        const held = new HeldSegments();
        const expected = new Map<number, number>();
        for (const { at, bytes } of pieces) {
          held.add(at, bytes, WHEN);
          for (const [index, byte] of bytes.entries()) {
            if (!expected.has(at + index)) expected.set(at + index, byte);
          }
        }
        held.dropBefore(from);
        const given = new Map<number, number>();
        for (let first = held.first; first !== undefined; first = held.first) {
          for (const { at, bytes } of held.takeRun(first.at)) {
            for (const [index, byte] of bytes.entries()) given.set(at + index, byte);
          }
        }
        const wanted = [...expected].filter(([at]) => at >= from).toSorted(([a], [b]) => a - b);
        assert.deepEqual([...given], wanted);
        assert.equal(held.cost, 0);
      }),
    );
  });
});
