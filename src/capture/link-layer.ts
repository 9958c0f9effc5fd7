/** LINKTYPE_ numbers whose packets are understood. draft-ietf-opsawg-pcaplinktype. */
export const LINK_TYPE = {
  null: 0,
  ethernet: 1,
  /** Raw IP as BSDs and OpenBSD number it inside the kernel; some files carry these numbers. */
  rawBsd: 12,
  rawOpenBsd: 14,
  raw: 101,
  loop: 108,
  linuxCooked: 113,
  ipv4: 228,
  ipv6: 229,
  linuxCooked2: 276,
} as const;

const ETHERTYPE_IPV4 = 0x0800;
const ETHERTYPE_IPV6 = 0x86dd;
/** 802.1Q, 802.1ad and the numbers used for QinQ before it. */
const VLAN_TAGS: readonly number[] = [0x8100, 0x88a8, 0x9100, 0x9200, 0x9300];
const SNAP = [0xaa, 0xaa, 0x03, 0x00, 0x00, 0x00] as const;
/** AF_INET is 2 everywhere; AF_INET6 is 10 on Linux, 24, 28 and 30 on the BSDs and macOS. */
const ADDRESS_FAMILIES: readonly number[] = [2, 10, 24, 28, 30];

/** Where the IP header of a packet begins; "other" is another protocol, "unknown" a link type of which we know nothing. */
export type IpStart = number | "other" | "unknown";

/** Finds the IP header behind the link layer's one. */
export function findIp(linkType: number, data: Uint8Array): IpStart {
  switch (linkType) {
    case LINK_TYPE.ethernet:
      return behindEthertype(data, 12);
    case LINK_TYPE.linuxCooked:
      return behindEthertype(data, 14);
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
      return "unknown";
  }
}

/** IEEE 802.3: an ethertype, after any VLAN tags, or a length followed by LLC and SNAP. */
function behindEthertype(data: Uint8Array, typeAt: number): IpStart {
  let at = typeAt;
  let type = uint16(data, at);
  while (VLAN_TAGS.includes(type)) {
    at += 4;
    type = uint16(data, at);
  }
  if (type < 0x600 && SNAP.every((byte, index) => data[at + 2 + index] === byte)) {
    at += 2 + SNAP.length;
    type = uint16(data, at);
  }
  return isIp(type) ? at + 2 : "other";
}

/** LINKTYPE_LINUX_SLL2: the protocol comes first, the header has 20 bytes, VLAN tags may follow. */
function behindCooked2(data: Uint8Array): IpStart {
  let type = uint16(data, 0);
  let at = 20;
  while (VLAN_TAGS.includes(type)) {
    type = uint16(data, at + 2);
    at += 4;
  }
  return isIp(type) ? at : "other";
}

/** LINKTYPE_NULL is in the byte order of the machine that captured, LINKTYPE_LOOP in network order. */
function behindAddressFamily(data: Uint8Array): IpStart {
  const low = uint16(data, 0);
  const high = uint16(data, 2);
  const family = low === 0 ? high : high === 0 ? (low >> 8) | ((low & 0xff) << 8) : -1;
  return ADDRESS_FAMILIES.includes(family) ? 4 : "other";
}

function isIp(type: number): boolean {
  return type === ETHERTYPE_IPV4 || type === ETHERTYPE_IPV6;
}

/** -1 past the end, which is no ethertype. */
function uint16(data: Uint8Array, at: number): number {
  const low = data[at + 1];
  return low === undefined ? -1 : ((data[at] ?? 0) << 8) | low;
}
