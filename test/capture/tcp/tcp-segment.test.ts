import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseTcpSegment, type TcpSegment } from "../../../src/capture/tcp/tcp-segment.ts";

const HEADER = "c350 01bb fffffffe 00000007";

function parse(text: string, at = 0): TcpSegment | undefined {
  const bytes = Buffer.from(text.replaceAll(" ", ""), "hex");
  return parseTcpSegment(bytes, at, bytes.length);
}

describe("a TCP segment", () => {
  it("has ports, numbers without a sign, flags and what it carries", () => {
    const segment = parse(`ffff ${HEADER} 50 17 ffff 0000 0000 aabb`, 2);
    assert.deepEqual(segment && { ...segment, payload: [...segment.payload] }, {
      sourcePort: 50_000,
      destinationPort: 443,
      sequence: 0xffff_fffe,
      acknowledgment: 7,
      syn: true,
      fin: true,
      reset: true,
      payload: [0xaa, 0xbb],
    });
  });

  it("acknowledges nothing without the flag", () => {
    assert.equal(parse(`${HEADER} 50 02 ffff 0000 0000`)?.acknowledgment, undefined);
  });

  it("may have options, which are no payload", () => {
    assert.deepEqual(parse(`${HEADER} 60 10 ffff 0000 0000 01010101 aa`)?.payload.length, 1);
  });

  it("is none when its header is cut or says that it is shorter than any", () => {
    assert.equal(parse(`${HEADER} 40 10 ffff 0000 0000`), undefined);
    assert.equal(parse(`${HEADER} 60 10 ffff 0000 0000`), undefined);
    assert.equal(parse("c350"), undefined);
  });
});
