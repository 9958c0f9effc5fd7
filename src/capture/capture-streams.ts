import type { Moment, TcpEvent } from "./tcp/connection.ts";
import { CUT } from "./network/ethertype.ts";
import { IpFragments } from "./network/ip-fragments.ts";
import { type IpPacket, parseIpPacket } from "./network/ip-packet.ts";
import { findInnerIp } from "./network/ip-tunnel.ts";
import { findIp, UNKNOWN_LINK_TYPE } from "./network/link-layer.ts";
import type { Packet } from "./pcap/packet.ts";
import { TcpReassembly, type ReassemblyLimits } from "./tcp/tcp-reassembly.ts";
import { parseTcpSegment } from "./tcp/tcp-segment.ts";

const PROTOCOL_TCP = 6;

/** What became of the packets of a capture: nothing is left out without a count. */
export interface StreamSummary {
  readonly packets: number;
  readonly tcpSegments: number;
  /** What was not TCP, by name: `ARP`, `QUIC`. */
  readonly leftOut: ReadonlyMap<string, number>;
  /** Link types of which nothing is known, with the number of their packets. */
  readonly unknownLinkTypes: ReadonlyMap<number, number>;
  /** IP or TCP headers that cannot be. */
  readonly malformedPackets: number;
  /** TCP segments of which the capture kept only the beginning (a snap length). */
  readonly cutSegments: number;
  /** Fragmented IP datagrams that did not become whole, or fragments that had no place. */
  readonly lostFragments: number;
}

/** One packet within another, each with an IP header of its own. */
const MOST_NESTED = 8;
/** That an end of a fragmented packet is still to come. */
const PART = "part of a packet";
const MALFORMED = "headers that cannot be";

/** Packets in, TCP events out: link layer, IP, fragments, tunnels, TCP. */
export class CaptureStreams {
  readonly #reassembly: TcpReassembly;
  readonly #fragments = new IpFragments();
  readonly #unknownLinkTypes = new Map<number, number>();
  readonly #leftOut = new Map<string, number>();
  #packets = 0;
  #tcpSegments = 0;
  #malformedPackets = 0;
  #cutSegments = 0;

  constructor(onEvent: (event: TcpEvent) => void, limits: Partial<ReassemblyLimits> = {}) {
    this.#reassembly = new TcpReassembly(onEvent, limits);
  }

  /** Numbers the packets itself: over several files they are counted on. */
  packet({ linkType, data, timeMs, originalLength }: Packet): void {
    this.#packets += 1;
    const found = this.#findTcp(linkType, data);
    const isRead = typeof found !== "string" && this.#tcp(found, { timeMs, packet: this.#packets });
    if (isRead || found === PART) return;
    if (found === UNKNOWN_LINK_TYPE) count(this.#unknownLinkTypes, linkType);
    else if (typeof found === "string" && found !== MALFORMED) count(this.#leftOut, found);
    else if (data.length < originalLength) count(this.#leftOut, CUT);
    else this.#malformedPackets += 1;
  }

  /** Nothing more comes: the last events, then what was read and what not. */
  end(): StreamSummary {
    this.#reassembly.end();
    return {
      packets: this.#packets,
      tcpSegments: this.#tcpSegments,
      leftOut: this.#leftOut,
      unknownLinkTypes: this.#unknownLinkTypes,
      malformedPackets: this.#malformedPackets,
      cutSegments: this.#cutSegments,
      lostFragments: this.#fragments.lost,
    };
  }

  /** The innermost IP packet, which carries TCP; else the name of what is there. */
  #findTcp(linkType: number, packet: Uint8Array): IpPacket | string {
    let data = packet;
    let start = findIp(linkType, data);
    for (let nested = 0; nested <= MOST_NESTED; nested++) {
      if (typeof start === "string") return start;
      const ip = parseIpPacket(data, start);
      if (ip === undefined) return MALFORMED;
      const whole = ip.fragment === undefined ? ip : this.#fragments.add(ip, ip.fragment);
      if (whole === undefined) return PART;
      if (whole.protocol === PROTOCOL_TCP) return whole;
      data = whole.data.subarray(0, whole.payloadEnd);
      start = findInnerIp(whole, data);
    }
    return "packets within packets";
  }

  /** False when the header cannot be. */
  #tcp(ip: IpPacket, when: Moment): boolean {
    const segment = parseTcpSegment(ip.data, ip.payloadAt, ip.payloadEnd);
    if (segment === undefined) return false;
    this.#tcpSegments += 1;
    // Without its end, a segment's FIN has no place; the missing bytes show as a gap.
    const isCut = ip.missing > 0;
    if (isCut) this.#cutSegments += 1;
    this.#reassembly.segment(ip, isCut ? { ...segment, fin: false } : segment, when);
    return true;
  }
}

function count<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
