import { behindEthernet, behindMpls, behindPpp, behindType, type IpStart } from "./ethertype.ts";
import type { IpPacket } from "./ip-packet.ts";

const UDP = 17;
const GRE = 47;
const ETHERNET_IN_IP = 97;
const MPLS_IN_IP = 137;
/** IPv4 and IPv6 in either. RFC 2003, RFC 2473, RFC 4213. */
const IP_IN_IP: readonly number[] = [4, 41];

const UDP_HEADER_BYTES = 8;
const VXLAN_PORTS: readonly number[] = [4789, 8472];
const VXLAN_GPE_PORT = 4790;
const GENEVE_PORT = 6081;
const GTP_PORT = 2152;
const MPLS_PORT = 6635;
const IPSEC_PORT = 4500;

/** IP protocols that carry no TCP. IANA's Protocol Numbers. */
const NAMES: ReadonlyMap<number, string> = new Map([
  [1, "ICMP"],
  [2, "IGMP"],
  [33, "DCCP"],
  [50, "ESP, encrypted"],
  [58, "ICMPv6"],
  [59, "IPv6 without content"],
  [88, "EIGRP"],
  [89, "OSPF"],
  [103, "PIM"],
  [108, "IPComp"],
  [112, "VRRP"],
  [115, "L2TP"],
  [132, "SCTP"],
  [136, "UDP-Lite"],
]);

/**
 * Where the IP header of a packet begins that is carried in another one that is not TCP; else the name of what is there in
 * its place. `data` are the outer packet's bytes up to the end of its payload.
 */
export function findInnerIp({ protocol, payloadAt: at }: IpPacket, data: Uint8Array): IpStart {
  if (protocol === UDP) return behindUdp(data, at);
  if (protocol === GRE) return behindGre(data, at);
  if (IP_IN_IP.includes(protocol)) return at;
  if (protocol === MPLS_IN_IP) return behindMpls(data, at);
  if (protocol === ETHERNET_IN_IP) return behindEthernet(data, at + 2);
  return NAMES.get(protocol) ?? `IP protocol ${protocol}`;
}

const HAS_CHECKSUM = 0x80;
const HAS_ROUTING = 0x40;
const HAS_KEY = 0x20;
const HAS_SEQUENCE = 0x10;
const HAS_ACKNOWLEDGMENT = 0x80;
const PPTP_VERSION = 1;
const ERSPAN = 0x88be;
const ERSPAN_3 = 0x22eb;

/** RFC 2784 §2 and RFC 2890 §2; version 1 is PPTP's, RFC 2637 §4.1. */
function behindGre(data: Uint8Array, at: number): IpStart {
  const flags = data[at] ?? 0;
  const version = (data[at + 1] ?? 0) & 7;
  const type = uint16(data, at + 2);
  if (version > PPTP_VERSION || (flags & HAS_ROUTING) !== 0) return "GRE";
  let payloadAt = at + 4;
  if ((flags & HAS_CHECKSUM) !== 0) payloadAt += 4;
  if ((flags & HAS_KEY) !== 0) payloadAt += 4;
  if ((flags & HAS_SEQUENCE) !== 0) payloadAt += 4;
  if (version === PPTP_VERSION) {
    if (((data[at + 1] ?? 0) & HAS_ACKNOWLEDGMENT) !== 0) payloadAt += 4;
    return payloadAt < data.length ? behindPpp(data, payloadAt) : "PPTP's own";
  }
  // draft-foschiano-erspan-03 §4: the first type has no header of its own, and no sequence number.
  if (type === ERSPAN) return behindEthernet(data, payloadAt + ((flags & HAS_SEQUENCE) !== 0 ? 8 : 0));
  if (type === ERSPAN_3) return behindEthernet(data, payloadAt + 12 + ((data[payloadAt + 11] ?? 0) & 1) * 8);
  return payloadAt < data.length ? behindType(data, type, payloadAt) : "GRE";
}

function behindUdp(data: Uint8Array, at: number): IpStart {
  const from = uint16(data, at);
  const to = uint16(data, at + 2);
  const payloadAt = at + UDP_HEADER_BYTES;
  if (VXLAN_PORTS.includes(to)) return behindVxlan(data, payloadAt);
  if (to === VXLAN_GPE_PORT) return behindVxlanGpe(data, payloadAt);
  if (to === GENEVE_PORT) return behindGeneve(data, payloadAt);
  if (to === GTP_PORT) return behindGtp(data, payloadAt);
  if (to === MPLS_PORT) return behindMpls(data, payloadAt);
  return describeUdp(data, payloadAt, from, to);
}

/** RFC 7348 §5: the flag says that there is a network identifier. */
function behindVxlan(data: Uint8Array, at: number): IpStart {
  return ((data[at] ?? 0) & 0x08) !== 0 ? behindEthernet(data, at + 8) : "UDP";
}

/** draft-ietf-nvo3-vxlan-gpe §3. */
function behindVxlanGpe(data: Uint8Array, at: number): IpStart {
  const next = ((data[at] ?? 0) & 0x04) !== 0 ? data[at + 3] : 3;
  if (next === 1 || next === 2) return at + 8;
  return next === 3 ? behindEthernet(data, at + 8) : "VXLAN-GPE's own";
}

/** RFC 8926 §3.4. */
function behindGeneve(data: Uint8Array, at: number): IpStart {
  const options = ((data[at] ?? 0) & 0x3f) * 4;
  return (data[at] ?? 0) >> 6 === 0 ? behindType(data, uint16(data, at + 2), at + 8 + options) : "UDP";
}

const GTP_PACKET = 0xff;

/** 3GPP TS 29.281 §5.1: one flag that is set brings three fields, the last of which tells of extension headers. */
function behindGtp(data: Uint8Array, at: number): IpStart {
  const flags = data[at] ?? 0;
  if ((flags & 0xf0) !== 0x30 || data[at + 1] !== GTP_PACKET) return "GTP's own";
  let payloadAt = at + ((flags & 7) === 0 ? 8 : 12);
  let next = (flags & 4) === 0 ? 0 : (data[at + 11] ?? 0);
  while (next !== 0) {
    const length = (data[payloadAt] ?? 0) * 4;
    if (length === 0) return "GTP's own";
    payloadAt += length;
    next = data[payloadAt - 1] ?? 0;
  }
  const version = (data[payloadAt] ?? 0) >> 4;
  return version === 4 || version === 6 ? payloadAt : "GTP's own";
}

const QUIC_PORTS: readonly number[] = [443, 8443, 853];
/** RFC 9000 and 9369, drafts (ff0000..), Google's (Q...) and the negotiation of a version. */
const QUIC_VERSION = /^(?:00000001|6b3343cf|ff0000|51|54|00000000)/;

/** By first bytes, and for QUIC's short headers by port: RFC 9147 §4, RFC 9000 §17. */
function describeUdp(data: Uint8Array, at: number, from: number, to: number): string {
  const first = data[at] ?? 0;
  const isDtls = first >= 20 && first <= 25 && data[at + 1] === 0xfe && (data[at + 2] ?? 0) >= 0xfc;
  if (isDtls) return "DTLS";
  const version = Buffer.from(data.subarray(at + 1, at + 5)).toString("hex");
  if ((first & 0xc0) === 0xc0 && QUIC_VERSION.test(version)) return "QUIC";
  const isOnQuicPort = QUIC_PORTS.includes(from) || QUIC_PORTS.includes(to);
  if (isOnQuicPort && (first & 0x40) !== 0) return "QUIC";
  if (to === IPSEC_PORT || from === IPSEC_PORT) return "ESP, encrypted";
  if (from === 53 || to === 53 || to === 5353) return "DNS";
  return "UDP";
}

/** -1 behind the end. */
function uint16(data: Uint8Array, at: number): number {
  const low = data[at + 1];
  return low === undefined ? -1 : ((data[at] ?? 0) << 8) | low;
}
