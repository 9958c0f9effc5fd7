import { CaptureReader, type CaptureEnd } from "./capture-reader.ts";
import type { EmbeddedSecrets, Packet } from "./packet.ts";

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
