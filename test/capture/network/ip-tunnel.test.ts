import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { CaptureStreams, type StreamSummary } from "../../../src/capture/capture-streams.ts";
import type { TcpEvent } from "../../../src/capture/tcp/connection.ts";
import { pcapFile } from "../support/capture-files.ts";
import { missing, tsharkFields } from "../support/programs.ts";
import { textOf } from "../support/segments.ts";

const RAW = 101;
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/\s/g, ""), "hex");

/** TCP from port 50000 to 443, sequence 1, ACK, and the text "tls". */
const TCP = hex("c350 01bb 00000001 00000002 50 10 ffff 0000 0000 746c73");
const ETHERNET = hex("020000000001 020000000002");

function ipv4(protocol: number, payload: Uint8Array, fragment = 0): Buffer {
  const header = hex("45 00 0000 0001 0000 40 00 0000 c0000201 c6336407");
  header.writeUInt16BE(header.length + payload.length, 2);
  header.writeUInt16BE(fragment, 6);
  header[9] = protocol;
  return Buffer.concat([header, payload]);
}

function ipv6(protocol: number, payload: Uint8Array): Buffer {
  const header = hex("60000000 0000 00 40 20010db8000000000000000000000001 20010db8000000000000000000000002");
  header.writeUInt16BE(payload.length, 4);
  header[6] = protocol;
  return Buffer.concat([header, payload]);
}

function udp(to: number, ...payload: readonly Uint8Array[]): Buffer {
  const bytes = Buffer.concat(payload);
  const header = hex("c000 0000 0000 0000");
  header.writeUInt16BE(to, 2);
  header.writeUInt16BE(header.length + bytes.length, 4);
  return ipv4(17, Buffer.concat([header, bytes]));
}

const gre = (header: string, payload: Uint8Array): Buffer => ipv4(47, Buffer.concat([hex(header), payload]));
const frame = (ethertype: string, payload: Uint8Array): Buffer =>
  Buffer.concat([ETHERNET, hex(ethertype), payload]);

const IPV4 = ipv4(6, TCP);
const IPV6 = ipv6(6, TCP);

const TUNNELS: readonly (readonly [name: string, packet: Buffer])[] = [
  ["IPv4 in IPv4", ipv4(4, IPV4)],
  ["IPv6 in IPv4", ipv4(41, IPV6)],
  ["IPv4 in IPv6", ipv6(4, IPV4)],
  ["IPv6 in IPv6", ipv6(41, IPV6)],
  [
    "IPv4 behind an authentication header",
    ipv4(51, Buffer.concat([hex("06 04 0000 00000001 00000001 000000000000000000000000"), TCP])),
  ],
  ["GRE", gre("0000 0800", IPV4)],
  ["GRE with IPv6 inside", gre("0000 86dd", IPV6)],
  ["GRE with check sum, key and sequence number", gre("b000 0800 00000000 00000007 00000001", IPV4)],
  ["GRE with MPLS", gre("0000 8847 00010140", IPV4)],
  ["Ethernet in GRE", gre("0000 6558", frame("0800", IPV4))],
  ["NVGRE", gre("2000 6558 00006400", frame("8100 0064 0800", IPV4))],
  ["ERSPAN, first type", gre("0000 88be", frame("0800", IPV4))],
  ["ERSPAN, second type", gre("1000 88be 00000001 1001000000000000", frame("0800", IPV4))],
  ["ERSPAN, third type", gre("1000 22eb 00000001 200100000000000000000000", frame("86dd", IPV6))],
  ["PPTP", gre("3081 880b 0000 0001 00000001 00000000 ff03 0021", IPV4)],
  ["VXLAN", udp(4789, hex("08000000 00006400"), frame("0800", IPV4))],
  ["VXLAN with a VLAN and IPv6", udp(8472, hex("08000000 00006400"), frame("8100 0064 86dd", IPV6))],
  ["VXLAN-GPE", udp(4790, hex("0c000001 00006400"), IPV4)],
  ["Geneve", udp(6081, hex("0000 6558 00006400"), frame("0800", IPV4))],
  ["Geneve with options and IP right inside", udp(6081, hex("0240 0800 00006400 0102 03 01 00000000"), IPV4)],
  ["GTP", udp(2152, hex("30 ff 002b 00000001"), IPV4)],
  ["GTP with an extension header", udp(2152, hex("34 ff 0047 00000001 0000 00 85 01 000000"), IPV6)],
  ["MPLS in UDP", udp(6635, hex("00010140"), IPV4)],
  ["Ethernet in IP", ipv4(97, Buffer.concat([hex("3000"), frame("0800", IPV4)]))],
  ["MPLS in IP", ipv4(137, Buffer.concat([hex("00010140"), IPV4]))],
  [
    "GRE in VXLAN in IPv6",
    ipv6(41, ipv6(4, udp(4789, hex("08000000 00006400"), frame("0800", gre("0000 0800", IPV4))))),
  ],
];

interface Read {
  readonly events: readonly TcpEvent[];
  readonly summary: StreamSummary;
}

function readPackets(...packets: readonly Uint8Array[]): Read {
  const events: TcpEvent[] = [];
  const streams = new CaptureStreams((event) => events.push(event));
  for (const data of packets)
    streams.packet({
      number: 1,
      timeMs: 0,
      linkType: RAW,
      interfaceId: 0,
      data,
      originalLength: data.length,
    });
  return { events, summary: streams.end() };
}

const leftOut = (...packets: readonly Uint8Array[]): readonly string[] => [
  ...readPackets(...packets).summary.leftOut.keys(),
];

describe("IP in IP", () => {
  for (const [name, packet] of TUNNELS)
    it(`is read: ${name}`, () => {
      const { events, summary } = readPackets(Buffer.concat([packet, hex("00000000")]));
      assert.equal(textOf(events, "client"), "tls", JSON.stringify([...summary.leftOut]));
      assert.equal(events[0]?.connection.client.port, 50_000);
    });

  it("is read by tshark as we do", { skip: missing("tshark") }, async () => {
    const folder = mkdtempSync(join(tmpdir(), "handclasp-test-"));
    try {
      const file = join(folder, "tunnels.pcap");
      const packets = TUNNELS.map(([, data]) => ({ seconds: 1, fraction: 0, data }));
      writeFileSync(file, pcapFile(packets, { linkType: RAW }));
      const options = ["-o", "tcp.check_checksum:FALSE", "-d", "udp.port==8472,vxlan"];
      const rows = await tsharkFields(file, "tcp", ["frame.number", "tcp.srcport"], options);
      const read = new Set(rows.map(([number]) => number));
      const onlyOurs = TUNNELS.filter((_, index) => !read.has(String(index + 1))).map(([name]) => name);
      assert.deepEqual(onlyOurs, []);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("is put together from fragments", () => {
    const inner = Buffer.concat([hex("0000 0800"), IPV4]);
    const parts = [ipv4(47, inner.subarray(0, 24), 0x2000), ipv4(47, inner.subarray(24), 3)];
    const { events, summary } = readPackets(...parts);
    assert.equal(textOf(events, "client"), "tls");
    assert.equal(summary.lostFragments, 0);
    assert.equal(readPackets(parts[0] ?? hex("")).summary.lostFragments, 1);
  });

  it("is followed only so deep", () => {
    let packet = IPV4;
    for (let depth = 0; depth < 100; depth++) packet = ipv4(4, packet);
    assert.deepEqual(leftOut(packet), ["packets within packets"]);
    const frames = Buffer.concat(Array.from({ length: 100 }, () => frame("6558", hex(""))));
    assert.deepEqual(leftOut(gre("0000 6558", frames)), ["headers within headers"]);
  });

  it("that holds something else is named", () => {
    const cases: readonly (readonly [name: string, packet: Buffer])[] = [
      ["ICMP", ipv4(1, hex("0800"))],
      ["ICMPv6", ipv6(58, hex("8000"))],
      ["SCTP", ipv4(132, hex("0001"))],
      ["ESP, encrypted", ipv4(50, hex("0001"))],
      ["ESP, encrypted", udp(4500, hex("12345678 00000001"))],
      ["IP protocol 253", ipv4(253, hex("00"))],
      ["ARP", gre("0000 6558", frame("0806", hex("0001")))],
      ["ethertype 0x88b5", gre("0000 88b5", hex("0001"))],
      ["DNS", udp(53, hex("0001"))],
      ["UDP", udp(5000, hex("0001"))],
      ["DTLS", udp(5000, hex("16 feff 0000 000000000000 0000"))],
      ["DTLS", udp(5000, hex("17 fefd 0001 000000000000 0000"))],
      ["QUIC", udp(5000, hex("c3 00000001 08"))],
      ["QUIC", udp(443, hex("c3 51303433"))],
      ["QUIC", udp(443, hex("40 0102030405"))],
      ["UDP", udp(443, hex("00 0102030405"))],
      ["UDP", udp(4789, hex("00000000"))],
      ["GTP's own", udp(2152, hex("32 01 0004"))],
      ["cut too short to tell", gre("0000 6558", hex("0200"))],
    ];
    for (const [name, packet] of cases) assert.deepEqual(leftOut(packet), [name]);
  });
});
