import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  behindEthernet,
  behindEtherType,
  behindLlc,
  behindMpls,
  behindPpp,
  behindPppoe,
  CUT,
  type IpStart,
} from "../../../src/capture/network/ethertype.ts";

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(" ", ""), "hex");

const MACS = "020000000001 020000000002";
/** The beginning of an IPv4 header. */
const IP = "45000014";

/** Behind an ethertype and what follows it. */
function behind(text: string): IpStart {
  return behindEtherType(hex(text), 0);
}

describe("what an ethertype is followed by", () => {
  it("is IP, behind any number of tags up to sixteen headers", () => {
    assert.equal(behindEthernet(hex(`${MACS} 0800 ${IP}`), 0), 14);
    assert.equal(behind(`86dd ${IP}`), 2);
    assert.equal(behind(`8100 0001 88a8 0002 0800 ${IP}`), 10);
    assert.equal(behind(`${"8100 0001".repeat(15)} 0800 ${IP}`), 62);
    assert.equal(behind(`${"8100 0001".repeat(16)} 0800 ${IP}`), "headers within headers");
  });

  it("is a frame within the frame, where it says so", () => {
    assert.equal(behind(`6558 ${MACS} 0800 ${IP}`), 16);
    assert.equal(behind(`88e7 00000001 ${MACS} 0800 ${IP}`), 20);
  });

  it("is what stands behind Cisco's metadata, which says how long it is", () => {
    assert.equal(behind(`8909 01 01 0001 0007 0800 ${IP}`), 10);
  });

  it("has a name when it is no IP, or its number", () => {
    assert.equal(behind("0806 0001"), "ARP");
    assert.equal(behind("88e5 0000"), "MACsec, encrypted");
    assert.equal(behind("abcd 0000"), "ethertype 0xabcd");
  });

  it("cannot be told when the capture cut it", () => {
    assert.equal(behind(""), CUT);
    assert.equal(behind("8100 0001"), CUT);
    assert.equal(behindEthernet(hex(MACS), 0), CUT);
  });
});

describe("what LLC is followed by", () => {
  it("is an ethertype in SNAP, and nothing of ours else", () => {
    assert.equal(behind(`0020 aaaa03 000000 0800 ${IP}`), 10);
    assert.equal(behindLlc(hex(`aaaa03 0000f8 86dd ${IP}`), 0), 8);
    assert.equal(behindLlc(hex(`aaaa03 00000c 2000 ${IP}`), 0), "SNAP");
    assert.equal(behindLlc(hex(`aaaa03 000000 0010 ${IP}`), 0), "LLC");
    assert.equal(behindLlc(hex("424203 0000"), 0), "STP");
    assert.equal(behindLlc(hex("e0e003 0000"), 0), "LLC");
  });
});

describe("what MPLS labels are followed by", () => {
  it("is IP behind the last label, by its first four bits", () => {
    assert.equal(behind(`8847 00001000 00002100 ${IP}`), 10);
    assert.equal(behindMpls(hex("00001100 60000000"), 0), 4);
  });

  it("is a pseudowire's frame with a control word or without, if one can be made out", () => {
    assert.equal(behind(`8847 00001100 00000000 ${MACS} 0800 ${IP}`), 24);
    assert.equal(behind(`8848 00001100 ${MACS} 8100 0001 86dd ${IP}`), 24);
    assert.equal(behind(`8847 00001100 ${"00".repeat(40)}`), "MPLS");
    assert.equal(behind("8847 00001000"), "MPLS");
  });
});

describe("what PPP is followed by", () => {
  it("is IP, whichever fields were left out", () => {
    for (const [text, at] of [
      ["ff03 0021", 4],
      ["0021", 2],
      ["21", 1],
      ["ff03 57", 3],
    ] as const)
      assert.equal(behindPpp(hex(`${text} ${IP}`), 0), at, text);
    assert.equal(behindPpp(hex(`0281 00001100 ${IP}`), 0), 6);
    assert.equal(behindPpp(hex("c021 01"), 0), "PPP's own");
  });

  it("is told of a session of PPPoE, and not of its discovery", () => {
    assert.equal(behind(`8864 11 00 0001 0016 0021 ${IP}`), 10);
    assert.equal(behindPppoe(hex("11 09 0000 0000"), 0), "PPPoE discovery");
    assert.equal(behind(`880b ff03 0021 ${IP}`), 6);
  });
});
