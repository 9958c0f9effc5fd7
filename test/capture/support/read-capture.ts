import { CaptureStreams, type StreamSummary } from "../../../src/capture/capture-streams.ts";
import type { TcpEvent } from "../../../src/capture/tcp/connection.ts";
import type { ReassemblyLimits } from "../../../src/capture/tcp/tcp-reassembly.ts";
import { CaptureReader, type CaptureEnd } from "../../../src/capture/pcap/capture-reader.ts";
import type { EmbeddedSecrets, Packet } from "../../../src/capture/pcap/packet.ts";

/** All that a capture file holds, and how far it could be read. */
export interface Capture {
  /** Undefined when the file ends before it can be told. */
  readonly format: "pcap" | "pcapng" | undefined;
  readonly packets: readonly Packet[];
  readonly secrets: readonly EmbeddedSecrets[];
  readonly end: CaptureEnd;
}

/**
 * Reads a whole pcap or pcapng file; packets are views of it. A cut or damaged file gives what comes before
 * the damage and says so in `end`; ERR_HANDCLASP_MALFORMED is thrown for files of another kind.
 */
export function readCapture(file: Uint8Array): Capture {
  const packets: Packet[] = [];
  const secrets: EmbeddedSecrets[] = [];
  const reader = new CaptureReader({
    packet: (packet) => void packets.push(packet),
    secrets: (found) => void secrets.push(found),
  });
  reader.read(file);
  return { format: reader.format, packets, secrets, end: reader.end() };
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
