/** What an IP header says: indexes into the packet, so that nothing is allocated for what is not wanted. */
export interface IpPacket extends AddressPair {
  /** Of the payload: 6 is TCP. */
  readonly protocol: number;
  readonly payloadAt: number;
  readonly payloadEnd: number;
  /** How many bytes of the payload the capture left out. */
  readonly missing: number;
  readonly fragment: Fragment | undefined;
}

/** Source and, right behind it, destination address. */
export interface AddressPair {
  readonly data: Uint8Array;
  readonly addressesAt: number;
  readonly addressBytes: 4 | 16;
}

/** A part of a payload: RFC 791 §3.2, RFC 8200 §4.5. */
export interface Fragment {
  readonly id: number;
  readonly offset: number;
  readonly more: boolean;
}

const IPV6_HEADER_BYTES = 40;
const HOP_BY_HOP = 0;
const ROUTING = 43;
const FRAGMENT = 44;
const AUTHENTICATION = 51;
const DESTINATION_OPTIONS = 60;
const MOBILITY = 135;

/** Reads the IP header at `at`; undefined when it cannot be one. */
export function parseIpPacket(data: Uint8Array, at: number): IpPacket | undefined {
  const version = (data[at] ?? 0) >> 4;
  if (version === 4) return parseIpv4(data, at);
  return version === 6 ? parseIpv6(data, at) : undefined;
}

/** RFC 791 §3.1. A total length of 0 is what segmentation offload leaves: the packet then ends with its data. */
function parseIpv4(data: Uint8Array, at: number): IpPacket | undefined {
  const headerLength = ((data[at] ?? 0) & 0x0f) * 4;
  const available = data.length - at;
  const total = uint16(data, at + 2) || available;
  if (headerLength < 20 || available < headerLength || total < headerLength) return undefined;
  const flags = uint16(data, at + 6);
  const offset = (flags & 0x1fff) * 8;
  const more = (flags & 0x2000) !== 0;
  const isFragment = more || offset > 0;
  const protocol = data[at + 9] ?? 0;
  const payloadAt = at + headerLength;
  const end = at + Math.min(total, available);
  // In IPv6 this is an extension header among others.
  const ofAuthentication =
    protocol === AUTHENTICATION && !isFragment ? ((data[payloadAt + 1] ?? 0) + 2) * 4 : 0;
  if (payloadAt + ofAuthentication > end) return undefined;
  return {
    data,
    addressesAt: at + 12,
    addressBytes: 4,
    protocol: ofAuthentication > 0 ? (data[payloadAt] ?? 0) : protocol,
    payloadAt: payloadAt + ofAuthentication,
    payloadEnd: end,
    missing: Math.max(0, total - available),
    fragment: isFragment ? { id: uint16(data, at + 4), offset, more } : undefined,
  };
}

/** RFC 8200 §3 and §4. A payload length of 0 is a jumbogram's or offload's: the packet ends with its data. */
function parseIpv6(data: Uint8Array, at: number): IpPacket | undefined {
  const available = data.length - at;
  if (available < IPV6_HEADER_BYTES) return undefined;
  const total = IPV6_HEADER_BYTES + (uint16(data, at + 4) || available - IPV6_HEADER_BYTES);
  const end = at + Math.min(total, available);
  let protocol = data[at + 6] ?? 0;
  let next = at + IPV6_HEADER_BYTES;
  let fragment: Fragment | undefined;
  for (;;) {
    const length = extensionLength(protocol, data[next + 1] ?? 0);
    if (length === 0) break;
    if (next + length > end) return undefined;
    if (protocol === FRAGMENT) fragment ??= parseFragmentHeader(data, next);
    protocol = data[next] ?? 0;
    next += length;
    if (fragment !== undefined && fragment.offset > 0) break;
  }
  return {
    data,
    addressesAt: at + 8,
    addressBytes: 16,
    protocol,
    payloadAt: next,
    payloadEnd: end,
    missing: Math.max(0, total - available),
    fragment: fragment !== undefined && (fragment.more || fragment.offset > 0) ? fragment : undefined,
  };
}

/** 0 when this is no extension header. RFC 8200 §4, RFC 4302 §2.2. */
function extensionLength(protocol: number, lengthField: number): number {
  if (protocol === FRAGMENT) return 8;
  if (protocol === AUTHENTICATION) return (lengthField + 2) * 4;
  const known =
    protocol === HOP_BY_HOP ||
    protocol === ROUTING ||
    protocol === DESTINATION_OPTIONS ||
    protocol === MOBILITY;
  return known ? (lengthField + 1) * 8 : 0;
}

function parseFragmentHeader(data: Uint8Array, at: number): Fragment {
  const flags = uint16(data, at + 2);
  const id = uint16(data, at + 4) * 0x1_0000 + uint16(data, at + 6);
  return { id, offset: flags & 0xfff8, more: (flags & 1) !== 0 };
}

function uint16(data: Uint8Array, at: number): number {
  return ((data[at] ?? 0) << 8) | (data[at + 1] ?? 0);
}
