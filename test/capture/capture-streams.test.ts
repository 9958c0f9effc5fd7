import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { CaptureStreams } from "../../src/capture/capture-streams.ts";
import { segment, shapeOf, textOf } from "./support/segments.ts";
import { at, read, SYN, SYN_ACK } from "./support/streams.ts";
import { cpuMs } from "../support/cpu-time.ts";
import { propertyRuns } from "../support/property-runs.ts";

describe("TCP reassembly of any traffic", () => {
  it("gives the bytes of any stream, however it was cut, mixed, repeated and overlapped", () => {
    const piece = fc.record({ at: fc.nat(999), length: fc.integer({ min: 1, max: 300 }) });
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 1_000 }),
        fc.array(fc.nat(999), { maxLength: 15 }),
        fc.array(piece, { maxLength: 15 }),
        fc.integer({ min: 0, max: 0xffff_ffff }),
        fc.infiniteStream(fc.nat()),
        (stream, cuts, extra, initial, order) => {
          const edges = [0, ...cuts.map((cut) => cut % stream.length), stream.length].toSorted(
            (a, b) => a - b,
          );
          const pieces = edges.slice(1).map((end, index) => ({ at: edges[index] ?? 0, end }));
          for (const { at: start, length } of extra)
            pieces.push({
              at: start % stream.length,
              end: Math.min(stream.length, (start % stream.length) + length),
            });
          const frames = pieces
            .map(({ at: start, end }) => ({
              rank: order.next().value ?? 0,
              frame: segment({ sequence: initial + 1 + start, payload: stream.subarray(start, end) }),
            }))
            .toSorted((a, b) => a.rank - b.rank);
          const syn = segment({ flags: ["syn"], sequence: initial });
          const fin = segment({ flags: ["fin", "ack"], sequence: initial + 1 + stream.length });
          const { events } = read([syn, fin, ...frames.map(({ frame }) => frame)]);
          assert.equal(textOf(events, "client"), Buffer.from(stream).toString("latin1"));
          assert.equal(shapeOf(events).at(-2), "client:finish");
        },
      ),
      { numRuns: 500 },
    );
  });

  it("accounts for every byte of a stream, given or reported missing", () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ length: fc.integer({ min: 1, max: 50 }), isLost: fc.boolean() }), {
          minLength: 1,
          maxLength: 40,
        }),
        fc.integer({ min: 200, max: 5_000 }),
        (parts, heldBytesPerDirection) => {
          const frames = [segment(SYN)];
          let position = 0;
          let expected = "";
          let lost = 0;
          for (const { length, isLost } of parts) {
            const text = String.fromCharCode(97 + (position % 26)).repeat(length);
            if (!isLost) frames.push(segment(at(position, text)));
            if (!isLost && lost > 0) expected += `[${lost}]`;
            lost = isLost ? lost + length : 0;
            if (!isLost) expected += text;
            position += length;
          }
          frames.push(segment(at(position, "", { flags: ["fin", "ack"] })));
          if (lost > 0) expected += `[${lost}]`;
          assert.equal(textOf(read(frames, { heldBytesPerDirection }).events, "client"), expected);
        },
      ),
      { numRuns: 500 },
    );
  });

  it("reads random and mutated packets without a throw", () => {
    const base = [SYN, SYN_ACK, at(0, "abc"), at(3, "def"), at(6, "", { flags: ["fin", "ack"] })].map(
      segment,
    );
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(4), fc.nat(70), fc.nat(255)), { maxLength: 6 }),
        fc.array(fc.uint8Array({ maxLength: 90 }), { maxLength: 3 }),
        fc.constantFrom(0, 1, 9, 12, 51, 101, 105, 108, 113, 127, 219, 228, 239, 258, 276, 4_711),
        (changes, random, linkType) => {
          const frames = [...base.map((frame) => Uint8Array.from(frame)), ...random];
          for (const [index, position, value] of changes) {
            const frame = frames[index];
            if (frame !== undefined && position < frame.length) frame[position] = value;
          }
          const streams = new CaptureStreams(() => undefined);
          for (const data of frames)
            streams.packet({ number: 1, timeMs: 0, linkType, interfaceId: 0, data, originalLength: 0 });
          const { packets, tcpSegments, leftOut, unknownLinkTypes, malformedPackets } = streams.end();
          assert.equal(packets, frames.length);
          assert.ok(tcpSegments + leftOut.size + malformedPackets + unknownLinkTypes.size <= packets);
        },
      ),
      { numRuns: propertyRuns(2_000) },
    );
  });

  it("takes time in proportion to what is sent, also in the worst order", () => {
    const count = 20_000;
    const backwards = Array.from({ length: count }, (_, index) => segment(at(2 * (count - index), "x")));
    const started = cpuMs();
    const { events } = read([segment(SYN), ...backwards]);
    const elapsedMs = cpuMs() - started;
    assert.ok(events.length > 2);
    assert.ok(elapsedMs < 3_000, `${elapsedMs} ms`);
  });
});
