import { malformed } from "./malformed.ts";
import type { CaptureSink } from "./packet.ts";

/** Bytes of a capture file and where they are in it. */
export interface FileBytes {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Where `bytes` begins in the file. */
  readonly start: number;
}

/** A file format that is read one block or record at a time. */
export interface CaptureFormat {
  readonly name: "pcap" | "pcapng";
  /** What the block at which the input may end is called. */
  readonly unit: string;
  /**
   * Reads the unit at index `at`: how many bytes it took, or, negative, how many bytes it needs from `at` on.
   * Throws ERR_HANDCLASP_MALFORMED for values that cannot be.
   */
  read(input: FileBytes, at: number, sink: CaptureSink): number;
}

/** The most that one block or packet may claim to hold; less than this is waited for. */
const UNIT_LIMIT = 64 * 1024 * 1024;

/** Refuses a length that no honest file has, before anything waits for so many bytes. */
export function requireBounded(length: number, field: string, offset: number): void {
  if (length > UNIT_LIMIT) throw malformed(field, offset, `${length} is more than ${UNIT_LIMIT}`);
}
