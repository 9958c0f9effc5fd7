import { CaptureStreams, type StreamSummary } from "../../../src/capture/capture-streams.ts";
import type { TcpEvent } from "../../../src/capture/tcp/connection.ts";
import type { ReassemblyLimits } from "../../../src/capture/tcp/tcp-reassembly.ts";
import { segment, type SegmentFields } from "./segments.ts";

export interface Read {
  readonly events: readonly TcpEvent[];
  readonly summary: StreamSummary;
}

/** Reads Ethernet frames, a millisecond apart. */
export function read(frames: readonly Uint8Array[], limits: Partial<ReassemblyLimits> = {}): Read {
  const events: TcpEvent[] = [];
  const streams = new CaptureStreams((event) => events.push(event), limits);
  for (const [index, data] of frames.entries())
    streams.packet({
      number: index + 1,
      timeMs: index,
      linkType: 1,
      interfaceId: 0,
      data,
      originalLength: data.length,
    });
  return { events, summary: streams.end() };
}

/** What becomes of these segments. */
export function segments(...fields: readonly SegmentFields[]): readonly TcpEvent[] {
  return read(fields.map(segment)).events;
}

export function bytes(text: string): Uint8Array {
  return Buffer.from(text, "latin1");
}

/** The client's stream begins at 1000, the server's at 5000. */
export const SYN: SegmentFields = { flags: ["syn"], sequence: 999 };
export const SYN_ACK: SegmentFields = {
  from: "server",
  flags: ["syn", "ack"],
  sequence: 4_999,
  acknowledgment: 1_000,
};

/** A segment of the client at a position of its stream. */
export function at(position: number, text: string, more: SegmentFields = {}): SegmentFields {
  return { sequence: 1_000 + position, payload: bytes(text), acknowledgment: 5_000, ...more };
}
