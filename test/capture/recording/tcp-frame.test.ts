import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseIpPacket } from "../../../src/capture/network/ip-packet.ts";
import {
  encodeTcpFrame,
  MAX_FRAME_PAYLOAD,
  TCP_FLAG,
  type TcpFrame,
} from "../../../src/capture/recording/tcp-frame.ts";
import { parseTcpSegment } from "../../../src/capture/tcp/tcp-segment.ts";

const ETHERNET = 14;
const V4 = [Uint8Array.of(192, 0, 2, 1), Uint8Array.of(198, 51, 100, 7)] as const;
const V6 = [new Uint8Array(16).fill(0x20), new Uint8Array(16).fill(0xfe)] as const;

function frame([from, to]: typeof V4, over: Partial<TcpFrame> = {}): Uint8Array {
  return encodeTcpFrame({
    from: { address: from, port: 50_000 },
    to: { address: to, port: 443 },
    fromClient: true,
    sequence: 0xffff_fffe,
    acknowledgment: 7,
    flags: TCP_FLAG.ack | TCP_FLAG.fin,
    payload: Buffer.from("odd"),
    ...over,
  });
}

/** The ones' complement sum, which is 0xffff over what its own checksum is in. RFC 1071 §1. */
function sumOf(...parts: readonly Uint8Array[]): number {
  const bytes = Buffer.concat(
    parts.map((part) => (part.length % 2 === 0 ? part : Buffer.concat([part, Buffer.alloc(1)]))),
  );
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += bytes.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return sum;
}

describe("a frame that is made up", () => {
  for (const [name, addresses] of [
    ["IPv4", V4],
    ["IPv6", V6],
  ] as const) {
    it(`says what it was made of: ${name}`, () => {
      const bytes = frame(addresses);
      const packet = parseIpPacket(bytes, ETHERNET);
      assert.ok(packet !== undefined);
      assert.equal(packet.payloadEnd, bytes.length);
      assert.deepEqual(parseTcpSegment(bytes, packet.payloadAt, packet.payloadEnd), {
        sourcePort: 50_000,
        destinationPort: 443,
        sequence: 0xffff_fffe,
        acknowledgment: 7,
        syn: false,
        fin: true,
        reset: false,
        payload: new Uint8Array(Buffer.from("odd")),
      });
    });

    it(`has checksums that are right, of odd lengths and of the longest: ${name}`, () => {
      for (const length of [0, 3, MAX_FRAME_PAYLOAD]) {
        const bytes = frame(addresses, { payload: Buffer.alloc(length, 0xab) });
        const packet = parseIpPacket(bytes, ETHERNET);
        assert.ok(packet !== undefined);
        const { addressesAt, addressBytes, payloadAt } = packet;
        const tcp = bytes.subarray(payloadAt);
        const pseudo = Buffer.alloc(6);
        pseudo.writeUInt32BE(tcp.length, 0);
        pseudo.writeUInt16BE(6, 4);
        assert.equal(sumOf(bytes.subarray(addressesAt, addressesAt + 2 * addressBytes), pseudo, tcp), 0xffff);
        if (addressBytes === 4) assert.equal(sumOf(bytes.subarray(ETHERNET, ETHERNET + 20)), 0xffff);
      }
    });
  }

  it("comes from another Ethernet address for each side, to the other's", () => {
    const [client, server] = [frame(V4), frame(V4, { fromClient: false })];
    assert.deepEqual(client.subarray(0, 6), server.subarray(6, 12));
    assert.deepEqual(client.subarray(6, 12), server.subarray(0, 6));
    assert.notDeepEqual(client.subarray(0, 6), client.subarray(6, 12));
  });
});
