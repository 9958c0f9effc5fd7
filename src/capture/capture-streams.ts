import type { Capture } from "./capture.ts";
import type { Moment, TcpEvent } from "./connection.ts";
import { IpFragments } from "./ip-fragments.ts";
import { parseIpPacket } from "./ip-packet.ts";
import { findIp } from "./link-layer.ts";
import type { Packet } from "./packet.ts";
import { TcpReassembly, type ReassemblyLimits } from "./tcp-reassembly.ts";
import { parseTcpSegment, type TcpSegment } from "./tcp-segment.ts";

const PROTOCOL_TCP = 6;

/** What became of the packets of a capture: nothing is left out without a count. */
export interface StreamSummary {
  readonly packets: number;
  readonly tcpSegments: number;
  /** Not TCP over IP. */
  readonly otherPackets: number;
  /** Link types of which nothing is known, with the number of their packets. */
  readonly unknownLinkTypes: ReadonlyMap<number, number>;
  /** IP or TCP headers that cannot be. */
  readonly malformedPackets: number;
  /** TCP segments of which the capture kept only the beginning (a snap length). */
  readonly cutSegments: number;
  /** Fragmented IP datagrams that did not become whole, or fragments that had no place. */
  readonly lostFragments: number;
}

/** Packets in, TCP events out: link layer, IP, fragments, TCP. */
export class CaptureStreams {
  readonly #reassembly: TcpReassembly;
  readonly #fragments = new IpFragments();
  readonly #unknownLinkTypes = new Map<number, number>();
  #packets = 0;
  #tcpSegments = 0;
  #otherPackets = 0;
  #malformedPackets = 0;
  #cutSegments = 0;

  constructor(onEvent: (event: TcpEvent) => void, limits: Partial<ReassemblyLimits> = {}) {
    this.#reassembly = new TcpReassembly(onEvent, limits);
  }

  packet({ linkType, data, timeMs, number }: Packet): void {
    this.#packets += 1;
    const ipAt = findIp(linkType, data);
    if (ipAt === "unknown")
      this.#unknownLinkTypes.set(linkType, (this.#unknownLinkTypes.get(linkType) ?? 0) + 1);
    else if (ipAt === "other") this.#otherPackets += 1;
    else this.#ip(data, ipAt, { timeMs, packet: number });
  }

  /** Nothing more comes: the last events, then what was read and what not. */
  end(): StreamSummary {
    this.#reassembly.end();
    return {
      packets: this.#packets,
      tcpSegments: this.#tcpSegments,
      otherPackets: this.#otherPackets,
      unknownLinkTypes: this.#unknownLinkTypes,
      malformedPackets: this.#malformedPackets,
      cutSegments: this.#cutSegments,
      lostFragments: this.#fragments.lost,
    };
  }

  #ip(data: Uint8Array, at: number, when: Moment): void {
    const ip = parseIpPacket(data, at);
    if (ip === undefined) {
      this.#malformedPackets += 1;
      return;
    }
    if (ip.protocol !== PROTOCOL_TCP) {
      this.#otherPackets += 1;
      return;
    }
    let segment: TcpSegment | undefined;
    if (ip.fragment === undefined) segment = parseTcpSegment(data, ip.payloadAt, ip.payloadEnd);
    else {
      const payload = this.#fragments.add(ip, ip.fragment);
      if (payload === undefined) return;
      segment = parseTcpSegment(payload, 0, payload.length);
    }
    if (segment === undefined) {
      this.#malformedPackets += 1;
      return;
    }
    this.#tcpSegments += 1;
    // Without its end, a segment's FIN has no place; the missing bytes show as a gap.
    const isCut = ip.missing > 0;
    if (isCut) this.#cutSegments += 1;
    this.#reassembly.segment(ip, isCut ? { ...segment, fin: false } : segment, when);
  }
}

/** The TCP events of a capture, lazily; the generator returns the summary. */
export function* readStreams(
  capture: Pick<Capture, "packets">,
  limits: Partial<ReassemblyLimits> = {},
): Generator<TcpEvent, StreamSummary, undefined> {
  let events: TcpEvent[] = [];
  const streams = new CaptureStreams((event) => void events.push(event), limits);
  for (const packet of capture.packets) {
    streams.packet(packet);
    if (events.length === 0) continue;
    yield* events;
    events = [];
  }
  const summary = streams.end();
  yield* events;
  return summary;
}
