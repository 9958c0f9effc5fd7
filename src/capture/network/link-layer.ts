import {
  behindEthernet,
  behindEtherType,
  behindLlc,
  behindPpp,
  behindPppoe,
  CUT,
  type IpStart,
} from "./ethertype.ts";

/** LINKTYPE_ numbers whose packets are understood. draft-ietf-opsawg-pcaplinktype. */
export const LINK_TYPE = {
  null: 0,
  ethernet: 1,
  ppp: 9,
  /** Raw IP as BSDs and OpenBSD number it inside the kernel; some files carry these numbers. */
  rawBsd: 12,
  rawOpenBsd: 14,
  pppHdlc: 50,
  pppoe: 51,
  raw: 101,
  ciscoHdlc: 104,
  wifi: 105,
  loop: 108,
  linuxCooked: 113,
  radiotap: 127,
  pppd: 166,
  pppWithDirection: 204,
  ciscoHdlcWithDirection: 205,
  ipv4: 228,
  ipv6: 229,
  nflog: 239,
  pktap: 258,
  linuxCooked2: 276,
} as const;

/** AF_INET is 2 everywhere; AF_INET6 is 10 on Linux, 24, 28 and 30 on the BSDs and macOS. */
const ADDRESS_FAMILIES: readonly number[] = [2, 10, 24, 28, 30];

/** What `findIp` says of a link type of which it knows nothing. */
export const UNKNOWN_LINK_TYPE = "unknown link type";

/** Finds the IP header behind the link layer's ones. */
export function findIp(linkType: number, data: Uint8Array): IpStart {
  switch (linkType) {
    case LINK_TYPE.ethernet:
      return behindEthernet(data, 0);
    case LINK_TYPE.linuxCooked:
      return behindEtherType(data, 14);
    case LINK_TYPE.linuxCooked2:
      return behindCooked2(data);
    case LINK_TYPE.null:
    case LINK_TYPE.loop:
      return behindAddressFamily(data);
    case LINK_TYPE.raw:
    case LINK_TYPE.rawBsd:
    case LINK_TYPE.rawOpenBsd:
    case LINK_TYPE.ipv4:
    case LINK_TYPE.ipv6:
      return 0;
    default:
      return findIpInRare(linkType, data);
  }
}

function findIpInRare(linkType: number, data: Uint8Array): IpStart {
  switch (linkType) {
    case LINK_TYPE.ppp:
    case LINK_TYPE.pppHdlc:
    case LINK_TYPE.pppd:
      return behindPpp(data, 0);
    case LINK_TYPE.pppWithDirection:
      return behindPpp(data, 1);
    case LINK_TYPE.pppoe:
      return behindPppoe(data, 0);
    case LINK_TYPE.ciscoHdlc:
      return behindEtherType(data, 2);
    case LINK_TYPE.ciscoHdlcWithDirection:
      return behindEtherType(data, 3);
    case LINK_TYPE.wifi:
      return behindWifi(data, 0);
    case LINK_TYPE.radiotap:
      return behindWifi(data, (data[2] ?? 0) | ((data[3] ?? 0) << 8));
    case LINK_TYPE.nflog:
      return behindNflog(data);
    case LINK_TYPE.pktap:
      return behindPktap(data);
    default:
      return UNKNOWN_LINK_TYPE;
  }
}

/** LINKTYPE_LINUX_SLL2: the ethertype stands first, what follows it after 20 bytes. */
function behindCooked2(data: Uint8Array): IpStart {
  return behindEtherType(data, 0, 20);
}

/** LINKTYPE_NULL is in the byte order of the machine that captured, LINKTYPE_LOOP in network order. */
function behindAddressFamily(data: Uint8Array): IpStart {
  const [a = -1, b = -1, c = -1, d = -1] = data;
  const family = a === 0 && b === 0 ? (c << 8) | d : (b << 8) | a;
  const isIp = ADDRESS_FAMILIES.includes(family) && (a === 0 || c === 0);
  return isIp ? 4 : `address family ${family}`;
}

/** IEEE 802.11-2020 §9.2: only data frames in the clear have anything for us. */
function behindWifi(data: Uint8Array, at: number): IpStart {
  const control = data[at] ?? 0;
  const flags = data[at + 1] ?? 0;
  if ((control & 0x0c) !== 0x08 || (control & 0x40) !== 0) return "Wi-Fi's own";
  if ((flags & 0x40) !== 0) return "Wi-Fi, encrypted";
  const hasFourAddresses = (flags & 0x03) === 0x03;
  const isQos = (control & 0x80) !== 0;
  const llcAt =
    at + 24 + (hasFourAddresses ? 6 : 0) + (isQos ? 2 : 0) + (isQos && (flags & 0x80) !== 0 ? 4 : 0);
  return behindLlc(data, llcAt);
}

const NFLOG_PAYLOAD = 9;

/** LINKTYPE_NFLOG: family, version, resource, then fields of length, type and value in the machine's byte order. */
function behindNflog(data: Uint8Array): IpStart {
  for (let at = 4; at + 4 <= data.length;) {
    const length = (data[at] ?? 0) | ((data[at + 1] ?? 0) << 8);
    if (((data[at + 2] ?? 0) | (((data[at + 3] ?? 0) & 0x3f) << 8)) === NFLOG_PAYLOAD) return at + 4;
    if (length < 4) break;
    at += (length + 3) & ~3;
  }
  return "NFLOG without a packet";
}

/** LINKTYPE_PKTAP, as macOS writes it: its own length and the link type of what follows, little-endian. */
function behindPktap(data: Uint8Array): IpStart {
  if (data.length < 12) return CUT;
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  const length = view.getUint32(0, true);
  const inner = view.getUint32(8, true);
  if (length < 12 || length > data.length || inner === LINK_TYPE.pktap) return "PKTAP's own";
  const start = findIp(inner, data.subarray(length));
  return typeof start === "number" ? length + start : start;
}
