import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  encodePcapngHeader,
  encodePcapngPacket,
  encodePcapngSecrets,
} from "../../../src/capture/recording/encode-pcapng.ts";
import { readCapture } from "../support/read-capture.ts";

function read(...blocks: readonly Uint8Array[]): ReturnType<typeof readCapture> {
  return readCapture(Buffer.concat([encodePcapngHeader(), ...blocks]));
}

describe("a pcapng file that is written", () => {
  it("has packets of Ethernet as they were, whatever their length", () => {
    const frames = [0, 1, 2, 3, 4, 60].map((length) => Buffer.alloc(length, length));
    const { packets, end } = read(...frames.map((frame) => encodePcapngPacket(0, frame)));
    assert.equal(end.state, "complete");
    assert.deepEqual(
      packets.map(({ data, originalLength, linkType }) => [Buffer.from(data), originalLength, linkType]),
      frames.map((frame) => [frame, frame.length, 1]),
    );
  });

  it("keeps times to the microsecond, and has none before 1970", () => {
    const times = [0, 0.001, 1_700_000_000_000.123, -5];
    const { packets } = read(...times.map((time) => encodePcapngPacket(time, new Uint8Array(1))));
    assert.deepEqual(
      packets.map(({ timeMs }) => Math.round((timeMs ?? NaN) * 1000)),
      [0, 1, 1_700_000_000_000_123, 0],
    );
  });

  it("is in blocks of 32 bits, each with its length at both ends", () => {
    for (const block of [
      encodePcapngPacket(0, new Uint8Array(5)),
      encodePcapngSecrets("CLIENT_RANDOM 00 00\n"),
    ]) {
      const bytes = Buffer.from(block);
      assert.equal(bytes.length % 4, 0);
      assert.equal(bytes.readUInt32LE(4), bytes.length);
      assert.equal(bytes.readUInt32LE(bytes.length - 4), bytes.length);
    }
  });
});
