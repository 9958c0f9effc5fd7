import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type IpPacket, parseIpPacket } from "../../../src/capture/network/ip-packet.ts";

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(" ", ""), "hex");

const V4_ADDRESSES = "c0000201 c6336407";
const V6_ADDRESSES = "20010db8000000000000000000000001 20010db8000000000000000000000002";

function parsed(text: string): IpPacket | undefined {
  return parseIpPacket(hex(text), 0);
}

function v4Flagged(flags: string): IpPacket | undefined {
  return parsed(`45 00 0015 0007 ${flags} 40 06 0000 ${V4_ADDRESSES} aa`);
}

/** With a fragment header. */
function v6Flagged(flags: string): IpPacket | undefined {
  return parsed(`60000000 0009 2c 40 ${V6_ADDRESSES} 0600 ${flags} 00010002 aa`);
}

/** What it says of the payload: protocol, where it begins and ends, how much is missing. */
function payloadOf(packet: IpPacket | undefined): readonly unknown[] | undefined {
  return packet && [packet.protocol, packet.payloadAt, packet.payloadEnd, packet.missing];
}

describe("an IPv4 header", () => {
  it("says where payload and addresses are, wherever it begins", () => {
    const packet = parseIpPacket(hex(`ffff 45 00 0017 0001 0000 40 06 0000 ${V4_ADDRESSES} 010203 ee`), 2);
    assert.deepEqual(payloadOf(packet), [6, 22, 25, 0]);
    assert.deepEqual([packet?.addressesAt, packet?.addressBytes, packet?.fragment], [14, 4, undefined]);
  });

  it("may have options, which are no payload", () => {
    assert.deepEqual(
      payloadOf(parsed(`46 00 0019 0001 0000 40 06 0000 ${V4_ADDRESSES} 01010100 aa`)),
      [6, 24, 25, 0],
    );
  });

  it("tells how much the capture left out, and ends with its data when offload left no length", () => {
    assert.deepEqual(
      payloadOf(parsed(`45 00 0064 0001 0000 40 06 0000 ${V4_ADDRESSES} aabb`)),
      [6, 20, 22, 78],
    );
    assert.deepEqual(
      payloadOf(parsed(`45 00 0000 0001 0000 40 06 0000 ${V4_ADDRESSES} aabb`)),
      [6, 20, 22, 0],
    );
  });

  it("is none when its lengths cannot be", () => {
    for (const text of [
      `44 00 0014 0001 0000 40 06 0000 ${V4_ADDRESSES}`,
      `46 00 0018 0001 0000 40 06 0000 ${V4_ADDRESSES}`,
      `45 00 0013 0001 0000 40 06 0000 ${V4_ADDRESSES}`,
      "45 00 0014 0001",
      `55 00 0014 0001 0000 40 06 0000 ${V4_ADDRESSES}`,
      "",
    ])
      assert.equal(parsed(text), undefined, text);
  });

  it("tells fragments by their offset or by more to come, and not by a flag that forbids them", () => {
    assert.equal(v4Flagged("4000")?.fragment, undefined);
    assert.deepEqual(v4Flagged("2000")?.fragment, { id: 7, offset: 0, more: true });
    assert.deepEqual(v4Flagged("0002")?.fragment, { id: 7, offset: 16, more: false });
  });

  it("is followed by what an authentication header says, but in a fragment", () => {
    const authentication = "06 04 0000 00000001 00000001 000000000000000000000000";
    const packet = (flags: string): IpPacket | undefined =>
      parsed(`45 00 002e 0001 ${flags} 40 33 0000 ${V4_ADDRESSES} ${authentication} aabb`);
    assert.deepEqual(payloadOf(packet("0000")), [6, 44, 46, 0]);
    assert.deepEqual(payloadOf(packet("2000")), [51, 20, 46, 0]);
    assert.equal(parsed(`45 00 0018 0001 0000 40 33 0000 ${V4_ADDRESSES} 06 ff 0000`), undefined);
  });
});

describe("an IPv6 header", () => {
  it("says where payload and addresses are", () => {
    const packet = parsed(`60000000 0003 06 40 ${V6_ADDRESSES} 010203 ee`);
    assert.deepEqual(payloadOf(packet), [6, 40, 43, 0]);
    assert.deepEqual([packet?.addressesAt, packet?.addressBytes], [8, 16]);
  });

  it("is followed by headers of its own, in any order, and then by the payload", () => {
    const extensions = "2b00 000000000000 3c01 0104 000000000000000000000000 0600 000000000000";
    assert.deepEqual(
      payloadOf(parsed(`60000000 0022 00 40 ${V6_ADDRESSES} ${extensions} aabb`)),
      [6, 72, 74, 0],
    );
  });

  it("is none when its extension headers are cut", () => {
    assert.equal(parsed(`60000000 0004 00 40 ${V6_ADDRESSES} 0600 0000`), undefined);
    assert.equal(parsed("60000000 0000 06 40"), undefined);
  });

  it("tells fragments, but not an atomic one", () => {
    assert.deepEqual(v6Flagged("0001")?.fragment, { id: 0x1_0002, offset: 0, more: true });
    assert.deepEqual(v6Flagged("0010")?.fragment, { id: 0x1_0002, offset: 16, more: false });
    assert.deepEqual([v6Flagged("0000")?.fragment, v6Flagged("0000")?.protocol], [undefined, 6]);
  });

  it("is read no further behind the header of a later fragment: what follows is the middle of something", () => {
    const packet = parsed(`60000000 0010 2c 40 ${V6_ADDRESSES} 3c00 0010 00000001 06ff ffffffffffff`);
    assert.deepEqual(payloadOf(packet), [60, 48, 56, 0]);
  });

  it("ends with its data when it has no length of its own", () => {
    assert.deepEqual(payloadOf(parsed(`60000000 0000 06 40 ${V6_ADDRESSES} aabb`)), [6, 40, 42, 0]);
  });
});
