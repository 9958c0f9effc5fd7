import { requireBounded, type CaptureFormat, type FileBytes } from "./capture-format.ts";
import { malformed } from "./malformed.ts";
import type { CaptureSink } from "./packet.ts";

const FILE_HEADER_BYTES = 24;
const RECORD_HEADER_BYTES = 16;

/** The magic numbers read big-endian, with the byte order and the ticks per millisecond that they mean. */
const MAGICS: ReadonlyMap<number, readonly [littleEndian: boolean, ticksPerMs: number]> = new Map([
  [0xa1b2c3d4, [false, 1_000]],
  [0xd4c3b2a1, [true, 1_000]],
  [0xa1b23c4d, [false, 1_000_000]],
  [0x4d3cb2a1, [true, 1_000_000]],
]);

/** Whether a file that begins with these four bytes, read big-endian, is a pcap file. */
export function isPcapMagic(magic: number): boolean {
  return MAGICS.has(magic);
}

/** A pcap file: a header, then a record per packet. draft-ietf-opsawg-pcap §4 and §5. */
export class PcapFormat implements CaptureFormat {
  readonly name = "pcap";
  unit = "pcap.header";
  #littleEndian = false;
  #ticksPerMs = 1_000;
  #linkType = 0;
  #packets = 0;

  read(input: FileBytes, at: number, sink: CaptureSink): number {
    return this.unit === "pcap.header" ? this.#header(input, at) : this.#record(input, at, sink);
  }

  #header({ bytes, view, start }: FileBytes, at: number): number {
    if (bytes.length - at < FILE_HEADER_BYTES) return -FILE_HEADER_BYTES;
    const magic = MAGICS.get(view.getUint32(at, false));
    if (magic === undefined) throw malformed("pcap.magic", start + at, "not a pcap file");
    [this.#littleEndian, this.#ticksPerMs] = magic;
    const major = view.getUint16(at + 4, this.#littleEndian);
    if (major !== 2) throw malformed("pcap.version", start + at + 4, `${major} is not 2`);
    // The upper bits tell the length of a frame check sequence, which the IP length leaves out anyway.
    this.#linkType = view.getUint32(at + 20, this.#littleEndian) & 0xffff;
    this.unit = "pcap.record";
    return FILE_HEADER_BYTES;
  }

  #record({ bytes, view, start }: FileBytes, at: number, sink: CaptureSink): number {
    if (bytes.length - at < RECORD_HEADER_BYTES) return -RECORD_HEADER_BYTES;
    const little = this.#littleEndian;
    const captured = view.getUint32(at + 8, little);
    requireBounded(captured, "pcap.record.captured_length", start + at + 8);
    const end = at + RECORD_HEADER_BYTES + captured;
    if (end > bytes.length) return at - end;
    this.#packets += 1;
    sink.packet({
      number: this.#packets,
      timeMs: view.getUint32(at, little) * 1000 + view.getUint32(at + 4, little) / this.#ticksPerMs,
      linkType: this.#linkType,
      interfaceId: 0,
      data: bytes.subarray(at + RECORD_HEADER_BYTES, end),
      originalLength: view.getUint32(at + 12, little),
    });
    return end - at;
  }
}
