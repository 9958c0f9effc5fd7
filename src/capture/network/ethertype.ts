/** Where the IP header of a packet begins; else the name of what is there in its place. */
export type IpStart = number | string;

/** What is said of a header that the capture cut. */
export const CUT = "cut too short to tell";

const ETHERTYPE_IPV4 = 0x0800;
const ETHERTYPE_IPV6 = 0x86dd;
/** 802.1Q, 802.1ad and the numbers used for QinQ before it. */
const VLAN_TAGS: readonly number[] = [0x8100, 0x88a8, 0x9100, 0x9200, 0x9300];
const PPPOE_SESSION = 0x8864;
const MPLS_UNICAST = 0x8847;
const MPLS_MULTICAST = 0x8848;
/** Transparent Ethernet bridging: a whole frame, in GRE (NVGRE, RFC 7637) and Geneve. */
const BRIDGED = 0x6558;
/** 802.1ah: a service tag of 4 bytes, then a whole frame. */
const BACKBONE_TAG = 0x88e7;
/** Cisco MetaData with a security group tag. */
const CISCO_METADATA = 0x8909;
const CISCO_HDLC_PPP = 0x880b;
const FIRST_ETHERTYPE = 0x0600;

/** Headers of one packet, tunnels apart; no honest frame has as many. */
const MOST_HEADERS = 16;
const ETHERNET_BYTES = 14;

/** Ethertypes that carry no IP. IEEE 802 Numbers (IANA). */
const NAMES: ReadonlyMap<number, string> = new Map([
  [0x0806, "ARP"],
  [0x0842, "Wake-on-LAN"],
  [0x8035, "RARP"],
  [0x8137, "IPX"],
  [0x8809, "LACP and other slow protocols"],
  [0x8863, "PPPoE discovery"],
  [0x888e, "EAPOL"],
  [0x8892, "PROFINET"],
  [0x88a4, "EtherCAT"],
  [0x88cc, "LLDP"],
  [0x88e1, "HomePlug"],
  [0x88e5, "MACsec, encrypted"],
  [0x88f7, "PTP"],
  [0x8906, "FCoE"],
  [0x9000, "Ethernet loopback"],
]);

/** Behind the addresses of an Ethernet frame that begins at `at`. */
export function behindEthernet(data: Uint8Array, at: number): IpStart {
  return behindEtherType(data, at + 12);
}

/** IEEE 802.3: an ethertype, or a length followed by LLC and SNAP; `at` is where what follows begins. */
export function behindEtherType(data: Uint8Array, typeAt: number, at: number = typeAt + 2): IpStart {
  const type = uint16(data, typeAt);
  return type === ETHERTYPE_IPV4 ? at : behindType(data, type, at);
}

/** What an ethertype says begins at `at`, tags and frames within frames included. */
export function behindType(data: Uint8Array, ethertype: number, from: number): IpStart {
  let type = ethertype;
  let at = from;
  for (let headers = 0; headers < MOST_HEADERS; headers++) {
    if (type === ETHERTYPE_IPV4 || type === ETHERTYPE_IPV6) return at;
    if (VLAN_TAGS.includes(type)) at += 4;
    else if (type === CISCO_METADATA) at += 4 + 4 * (data[at + 1] ?? 0);
    else if (type === BRIDGED) at += ETHERNET_BYTES;
    else if (type === BACKBONE_TAG) at += 4 + ETHERNET_BYTES;
    else if (type === MPLS_UNICAST || type === MPLS_MULTICAST) {
      const payloadAt = behindLabels(data, at);
      const nibble = (data[payloadAt] ?? 0xff) >> 4;
      if (nibble === 4 || nibble === 6) return payloadAt;
      const frameAt = findFrame(data, payloadAt);
      if (frameAt === undefined) return "MPLS";
      at = frameAt + ETHERNET_BYTES;
    } else return behindOtherType(data, type, at);
    type = uint16(data, at - 2);
  }
  return "headers within headers";
}

function behindOtherType(data: Uint8Array, type: number, at: number): IpStart {
  if (type === PPPOE_SESSION) return behindPppoe(data, at);
  if (type === CISCO_HDLC_PPP) return behindPpp(data, at);
  if (type < 0) return CUT;
  if (type < FIRST_ETHERTYPE) return behindLlc(data, at);
  return NAMES.get(type) ?? `ethertype 0x${type.toString(16).padStart(4, "0")}`;
}

const LLC_SNAP: readonly number[] = [0xaa, 0xaa, 0x03];
/** Ethernet's types, and the same through bridges. IEEE 802 §9. */
const SNAP_OUIS: readonly number[] = [0x000000, 0x0000f8];

/** IEEE 802.2: only SNAP has an ethertype. */
export function behindLlc(data: Uint8Array, at: number): IpStart {
  if (!LLC_SNAP.every((byte, index) => data[at + index] === byte)) return data[at] === 0x42 ? "STP" : "LLC";
  const oui = ((data[at + 3] ?? 0) << 16) | uint16(data, at + 4);
  const type = uint16(data, at + 6);
  if (!SNAP_OUIS.includes(oui)) return "SNAP";
  return type < FIRST_ETHERTYPE ? "LLC" : behindType(data, type, at + 8);
}

/** A stack of labels, of which the last is marked, then IP or a frame. RFC 3032 §2.1. */
export function behindMpls(data: Uint8Array, at: number): IpStart {
  return behindType(data, MPLS_UNICAST, at);
}

function behindLabels(data: Uint8Array, from: number): number {
  let at = from;
  while (at + 4 <= data.length && ((data[at + 2] ?? 0) & 1) === 0) at += 4;
  return at + 4;
}

/** A pseudowire's frame, behind a control word or not; nothing tells which but what is found. RFC 4448 §4.6. */
function findFrame(data: Uint8Array, at: number): number | undefined {
  const isFrame = (frameAt: number): boolean => {
    const type = uint16(data, frameAt + 12);
    return type === ETHERTYPE_IPV4 || type === ETHERTYPE_IPV6 || VLAN_TAGS.includes(type);
  };
  return [at + 4, at].find(isFrame);
}

/** Version, type, code, session and length, then PPP. RFC 2516 §4. */
export function behindPppoe(data: Uint8Array, at: number): IpStart {
  return data[at + 1] === 0 ? behindPpp(data, at + 6) : "PPPoE discovery";
}

const PPP_IPV4 = 0x0021;
const PPP_IPV6 = 0x0057;
const PPP_MPLS = 0x0281;

/** RFC 1661 §2 and §6.5: address and control may be there, the protocol may be a single byte. */
export function behindPpp(data: Uint8Array, from: number): IpStart {
  const at = data[from] === 0xff && data[from + 1] === 0x03 ? from + 2 : from;
  const isShort = ((data[at] ?? 0) & 1) === 1;
  const protocol = isShort ? (data[at] ?? 0) : uint16(data, at);
  const payloadAt = at + (isShort ? 1 : 2);
  if (protocol === PPP_IPV4 || protocol === PPP_IPV6) return payloadAt;
  return protocol === PPP_MPLS ? behindMpls(data, payloadAt) : "PPP's own";
}

/** -1 behind the end. */
function uint16(data: Uint8Array, at: number): number {
  const low = data[at + 1];
  return low === undefined ? -1 : ((data[at] ?? 0) << 8) | low;
}
