import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { DEFAULT_MAX_MESSAGE_LENGTH, HandshakeReader } from "../../../src/tls/records/handshake-reader.ts";
import { byteByByte, cut } from "../messages/support/chunks.ts";
import { concat, message, uint } from "../messages/support/encode.ts";
import { malformed, valueOrMalformed } from "../messages/support/malformed.ts";
import { cpuMs } from "../../support/cpu-time.ts";
import { propertyRuns } from "../../support/property-runs.ts";

function readAll(fragments: readonly Uint8Array[], reader = new HandshakeReader()): readonly string[] {
  return fragments.flatMap((fragment) =>
    Array.from(reader.read(fragment), ({ type, bytes, body }) => {
      assert.equal(type, bytes[0]);
      assert.deepEqual(body, bytes.subarray(4));
      return Buffer.from(bytes).toString("hex");
    }),
  );
}

const messages = fc.array(fc.tuple(fc.nat(255), fc.uint8Array({ maxLength: 400 })), {
  minLength: 1,
  maxLength: 8,
});

/** Milliseconds of the processor that a message byte by byte takes, of three the least. */
function leastCpu(length: number): number {
  const each = [1, 2, 3].map(() => {
    const bytes = message(11, new Uint8Array(length));
    const started = cpuMs();
    assert.equal(readAll(byteByByte(bytes)).length, 1);
    return cpuMs() - started;
  });
  return Math.min(...each);
}

describe("handshake reader", () => {
  it("takes several messages from one fragment and one message from several fragments", () => {
    const flight = concat(message(2, [1, 2]), message(14, []), message(11, new Uint8Array(50)));
    const expected = ["020000020102", "0e000000", `0b000032${"00".repeat(50)}`];
    assert.deepEqual(readAll([flight]), expected);
    assert.deepEqual(readAll(byteByByte(flight)), expected);
  });

  it("gives the same messages however they are cut into fragments", () => {
    fc.assert(
      fc.property(messages, fc.array(fc.nat(), { maxLength: 20 }), (list, places) => {
        const encoded = list.map(([type, body]) => message(type, body));
        const fragments = cut(concat(...encoded), places).filter(({ length }) => length > 0);
        assert.deepEqual(
          readAll(fragments),
          encoded.map((bytes) => Buffer.from(bytes).toString("hex")),
        );
      }),
    );
  });

  it("passes over a message that is too long, and goes on with the next", () => {
    const long = message(11, new Uint8Array(101));
    const flight = concat(message(1, new Uint8Array(100)), long, message(14, []));
    for (const fragments of [[flight], byteByByte(flight)]) {
      const reader = new HandshakeReader({ maxMessageLength: 100 });
      const told = fragments.flatMap((fragment) => {
        const frames = Array.from(reader.read(fragment));
        assert.ok(reader.pending <= 104);
        return frames;
      });
      assert.deepEqual(
        told.map(({ type, bytes, body, lacks }) => [type, bytes.length, body.length, lacks]),
        [
          [1, 104, 100, undefined],
          [11, 4, 0, "room"],
          [14, 4, 0, undefined],
        ],
      );
    }
  });

  it("refuses a message of no known type that is too long at its header, before it comes", () => {
    const header = concat([99], uint(3, DEFAULT_MAX_MESSAGE_LENGTH + 1));
    assert.throws(
      () => readAll([header]),
      malformed("handshake.length at byte 1: 262145 is more than 262144"),
    );
  });

  it("goes on behind missing bytes that are within a message", () => {
    const bytes = concat(message(11, new Uint8Array(50)), message(14, []));
    const reader = new HandshakeReader();
    readAll([bytes.subarray(0, 20)], reader);
    assert.equal(reader.gap(10), true);
    const told = Array.from(reader.read(bytes.subarray(30)));
    assert.deepEqual(
      told.map(({ type, bytes: { length }, lacks }) => [type, length, lacks]),
      [
        [11, 4, "bytes"],
        [14, 4, undefined],
      ],
    );
    assert.equal(reader.gap(1), false);
  });

  it("refuses an empty fragment", () => {
    assert.throws(() => readAll([Uint8Array.of()]), malformed("handshake at byte 0: an empty fragment"));
  });

  it("refuses a change of keys within a message, and allows it between messages", () => {
    const reader = new HandshakeReader();
    readAll([concat(message(1, [1]), [2, 0, 0])], reader);
    assert.equal(reader.pending, 3);
    assert.throws(
      () => reader.endEpoch(),
      malformed("handshake at byte 5: its keys end 3 bytes into a message"),
    );
    readAll([Uint8Array.of(0)], reader);
    reader.endEpoch();
  });

  it("throws only our error for random fragments, and stays within its bound", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 2000 })), (fragments) => {
        const reader = new HandshakeReader({ maxMessageLength: 1000 });
        for (const fragment of fragments) valueOrMalformed(() => Array.from(reader.read(fragment)));
        assert.ok(reader.pending <= 1004);
      }),
      { numRuns: propertyRuns(1_000) },
    );
  });

  it("joins a message that comes byte by byte in time that grows with its length", () => {
    const [quarter, whole] = [leastCpu(DEFAULT_MAX_MESSAGE_LENGTH / 4), leastCpu(DEFAULT_MAX_MESSAGE_LENGTH)];
    assert.ok(whole < 10 * quarter, `a quarter took ${quarter} ms, the whole ${whole} ms`);
  });
});
