import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { CaptureStreams, type StreamSummary } from "../../../src/capture/capture-streams.ts";
import type { TcpEvent } from "../../../src/capture/tcp/connection.ts";
import { FileBuilder } from "../support/capture-files.ts";
import { missing, tsharkFields } from "../support/programs.ts";
import { textOf } from "../support/segments.ts";

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/\s/g, ""), "hex");

/** TCP from port 50000 to 443, sequence 1, ACK, and the text "tls". */
const TCP = hex("c350 01bb 00000001 00000002 50 10 ffff 0000 0000 746c73");
/** 192.0.2.1 to 198.51.100.7, 43 bytes. */
const IPV4 = Buffer.concat([hex("45 00 002b 0001 0000 40 06 0000 c0000201 c6336407"), TCP]);
/** With four bytes of options. */
const IPV4_OPTIONS = Buffer.concat([hex("46 00 002f 0001 0000 40 06 0000 c0000201 c6336407 01010100"), TCP]);
const IPV6_ADDRESSES = "20010db8000000000000000000000001 20010db8000000000000000000000002";
const IPV6 = Buffer.concat([hex(`60000000 0017 06 40 ${IPV6_ADDRESSES}`), TCP]);
/** Hop-by-hop (8 bytes), destination options (16), routing (8), then TCP. */
const IPV6_EXTENSIONS = Buffer.concat([
  hex(`60000000 0037 00 40 ${IPV6_ADDRESSES}`),
  hex("3c00 0104 00000000"),
  hex("2b01 010c 000000000000000000000000"),
  hex("0600 0000 00000000"),
  TCP,
]);
const MACS = "020000000001 020000000002";
const WIFI = "020000000001 020000000002 020000000003 0000";
const SLL = "0000 0001 0006 020000000001 0000";
const SLL2 = "0000 00000001 0001 00 06 0200000000010000";

const PACKETS: readonly (readonly [name: string, linkType: number, header: string, ip: Buffer])[] = [
  ["Ethernet", 1, `${MACS} 0800`, IPV4],
  ["Ethernet with IPv6", 1, `${MACS} 86dd`, IPV6],
  ["Ethernet with IPv4 options", 1, `${MACS} 0800`, IPV4_OPTIONS],
  ["Ethernet with IPv6 extension headers", 1, `${MACS} 86dd`, IPV6_EXTENSIONS],
  ["Ethernet with an 802.1Q VLAN", 1, `${MACS} 8100 0064 0800`, IPV4],
  ["Ethernet with QinQ", 1, `${MACS} 88a8 0001 8100 0064 86dd`, IPV6],
  ["Ethernet with the older QinQ", 1, `${MACS} 9100 0001 8100 0064 0800`, IPV4],
  ["802.3 with LLC and SNAP", 1, `${MACS} 0033 aaaa03 000000 0800`, IPV4],
  ["Linux cooked v1", 113, `${SLL} 0800`, IPV4],
  ["Linux cooked v1 with a VLAN", 113, `${SLL} 8100 0064 86dd`, IPV6],
  ["Linux cooked v2", 276, `0800 ${SLL2}`, IPV4],
  ["Linux cooked v2 with IPv6", 276, `86dd ${SLL2}`, IPV6],
  ["Linux cooked v2 with a VLAN", 276, `8100 ${SLL2} 0064 0800`, IPV4],
  ["raw IP with IPv4", 101, "", IPV4],
  ["raw IP with IPv6", 101, "", IPV6],
  ["raw IP numbered 12", 12, "", IPV4],
  ["raw IP numbered 14", 14, "", IPV6],
  ["LINKTYPE_IPV4", 228, "", IPV4],
  ["LINKTYPE_IPV6", 229, "", IPV6],
  ["NULL, little-endian", 0, "02000000", IPV4],
  ["NULL, big-endian", 0, "00000002", IPV4],
  ["NULL with macOS's IPv6", 0, "1e000000", IPV6],
  ["NULL with FreeBSD's IPv6", 0, "0000001c", IPV6],
  ["PPP", 9, "ff03 0021", IPV4],
  ["PPP with a protocol of one byte", 9, "57", IPV6],
  ["PPP in HDLC", 50, "ff03 0057", IPV6],
  ["PPPoE without Ethernet", 51, "11 00 0001 002d 0021", IPV4],
  ["Cisco HDLC", 104, "0f00 0800", IPV4],
  ["PPP with a direction", 204, "01 ff03 0021", IPV4],
  ["Wi-Fi in the clear", 105, `0801 0000 ${WIFI} aaaa03 000000 0800`, IPV4],
  ["Wi-Fi with QoS and radiotap", 127, `0000 0800 00000000 8802 0000 ${WIFI} 0000 aaaa03 000000 86dd`, IPV6],
  ["NFLOG", 239, "0200 0001 0800 0100 08000300 2f00 0900", IPV4],
  [
    "PKTAP",
    258,
    `6c000000 01000000 01000000 ${"00".repeat(24)} 01000000 ${"00".repeat(68)} ${MACS} 0800`,
    IPV4,
  ],
  ["Ethernet with PPPoE", 1, `${MACS} 8864 11 00 0001 002d 0021`, IPV4],
  ["Ethernet with a VLAN, PPPoE and IPv6", 1, `${MACS} 8100 0064 8864 11 00 0001 0041 0057`, IPV6],
  ["Ethernet with two MPLS labels", 1, `${MACS} 8847 00010 0 40 00020 1 40`, IPV6],
  [
    "Ethernet within MPLS",
    1,
    `${MACS} 8847 00010 1 40 00000000 00005e000101 020000000001 8100 0064 0800`,
    IPV4,
  ],
  [
    "Ethernet within MPLS without a control word",
    1,
    `${MACS} 8847 00010 1 40 005056000101 005056000102 86dd`,
    IPV6,
  ],
  ["Ethernet with Cisco's security group tag", 1, `${MACS} 8909 01 01 0001 0064 0800`, IPV4],
  [
    "Ethernet with a VLAN behind a security group tag",
    1,
    `${MACS} 8909 01 01 0001 0064 8100 0064 86dd`,
    IPV6,
  ],
  ["Ethernet with a backbone tag", 1, `${MACS} 88a8 0001 88e7 00000001 ${MACS} 0800`, IPV4],
  ["LOOP", 108, "00000002", IPV4],
  ["LOOP with OpenBSD's IPv6", 108, "00000018", IPV6],
];

function readPackets(
  linkType: number,
  ...packets: readonly Uint8Array[]
): { readonly events: readonly TcpEvent[]; readonly summary: StreamSummary } {
  const events: TcpEvent[] = [];
  const streams = new CaptureStreams((event) => events.push(event));
  for (const data of packets)
    streams.packet({ number: 1, timeMs: 0, linkType, interfaceId: 0, data, originalLength: data.length });
  return { events, summary: streams.end() };
}

describe("link layer", () => {
  for (const [name, linkType, header, ip] of PACKETS)
    it(`is read: ${name}`, () => {
      // Ethernet pads and may add a check sequence: what follows the IP length is not TCP's.
      const packet = Buffer.concat([hex(header), ip, hex("00000000")]);
      const { events } = readPackets(linkType, packet);
      assert.equal(textOf(events, "client"), "tls");
      const isV6 = (ip[0] ?? 0) >> 4 === 6;
      assert.deepEqual(events[0]?.connection.client, {
        address: isV6 ? "2001:db8::1" : "192.0.2.1",
        port: 50_000,
      });
    });

  it("is read by tshark as we do", { skip: missing("tshark") }, async () => {
    const folder = mkdtempSync(join(tmpdir(), "handclasp-test-"));
    try {
      const file = new FileBuilder(true).section();
      for (const [, linkType] of PACKETS) file.interface(linkType);
      for (const [index, [, , header, ip]] of PACKETS.entries())
        file.enhancedPacket(index, 1n, Buffer.concat([hex(header), ip]));
      const path = join(folder, "links.pcapng");
      writeFileSync(path, file.bytes());
      const rows = await tsharkFields(path, "tcp", ["frame.number"]);
      const read = new Set(rows.map(([number]) => number));
      const onlyOurs = PACKETS.filter((_, index) => !read.has(String(index + 1))).map(([name]) => name);
      assert.deepEqual(onlyOurs, []);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("of another kind is counted, with its number", () => {
    const { summary } = readPackets(147, IPV4, IPV4);
    assert.deepEqual([...summary.unknownLinkTypes], [[147, 2]]);
  });

  it("counts what is not TCP and what cannot be", () => {
    const udp = Buffer.from(IPV4);
    udp[9] = 17;
    const shortHeader = Buffer.from(IPV4);
    shortHeader[0] = 0x44;
    const cutTcp = IPV4.subarray(0, 30);
    const { summary } = readPackets(1, hex(`${MACS} 0806`), Buffer.concat([hex(`${MACS} 0800`), udp]));
    assert.deepEqual(
      [...summary.leftOut],
      [
        ["ARP", 1],
        ["UDP", 1],
      ],
    );
    assert.equal(readPackets(101, shortHeader, cutTcp, hex("00"), hex("")).summary.malformedPackets, 4);
  });

  it("reports the end that a snap length cut off as a gap", () => {
    const next = Buffer.from(IPV4);
    next.writeUInt32BE(4, 24);
    const { events, summary } = readPackets(101, IPV4.subarray(0, IPV4.length - 2), next);
    assert.equal(textOf(events, "client"), "t[2]tls");
    assert.equal(summary.cutSegments, 1);
  });

  it("takes a length of 0, as offloading leaves it, for the packet's own", () => {
    const packet = Buffer.from(IPV4);
    packet.writeUInt16BE(0, 2);
    assert.equal(textOf(readPackets(101, packet).events, "client"), "tls");
  });
});

function ipv4Fragment(id: number, offset: number, more: boolean, payload: Uint8Array): Buffer {
  const header = Buffer.from(IPV4.subarray(0, 20));
  header.writeUInt16BE(20 + payload.length, 2);
  header.writeUInt16BE(id, 4);
  header.writeUInt16BE((more ? 0x2000 : 0) | (offset / 8), 6);
  return Buffer.concat([header, payload]);
}

function ipv6Fragment(offset: number, more: boolean, payload: Uint8Array): Buffer {
  const packet = Buffer.concat([hex(`60000000 0000 2c 40 ${IPV6_ADDRESSES} 0600 0000 00000007`), payload]);
  packet.writeUInt16BE(8 + payload.length, 4);
  packet.writeUInt16BE(offset | (more ? 1 : 0), 42);
  return packet;
}

describe("IP fragments", () => {
  it("are put together in any order, the first copy kept", () => {
    const [one, two, three] = [TCP.subarray(0, 8), TCP.subarray(8, 16), TCP.subarray(16)];
    const forged = Buffer.alloc(8, 0xff);
    const v4 = readPackets(
      101,
      ipv4Fragment(9, 16, false, three),
      ipv4Fragment(9, 8, true, two),
      ipv4Fragment(9, 8, true, forged),
      ipv4Fragment(9, 0, true, one),
    );
    assert.equal(textOf(v4.events, "client"), "tls");
    assert.equal(v4.summary.lostFragments, 0);
    const v6 = readPackets(
      101,
      ipv6Fragment(8, true, two),
      ipv6Fragment(0, true, one),
      ipv6Fragment(16, false, three),
    );
    assert.equal(textOf(v6.events, "client"), "tls");
  });

  it("that stay incomplete are counted, and only so many are kept", () => {
    const parts = Array.from({ length: 1_000 }, (_, id) => ipv4Fragment(id, 0, true, TCP.subarray(0, 8)));
    assert.equal(readPackets(101, ...parts).summary.lostFragments, 1_000);
    const tooFar = ipv4Fragment(1, 65_528, false, TCP);
    assert.equal(readPackets(101, tooFar).summary.lostFragments, 1);
  });
});
