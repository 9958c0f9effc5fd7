/** One TCP segment. Checksums are not looked at: offload leaves them wrong in honest captures. */
export interface TcpSegment {
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly sequence: number;
  /** Undefined without the ACK flag. */
  readonly acknowledgment: number | undefined;
  readonly syn: boolean;
  readonly fin: boolean;
  readonly reset: boolean;
  readonly payload: Uint8Array;
}

const FIN = 0x01;
const SYN = 0x02;
const RST = 0x04;
const ACK = 0x10;

/** RFC 9293 §3.1; undefined when the header is cut or its length cannot be. */
export function parseTcpSegment(bytes: Uint8Array): TcpSegment | undefined {
  const headerLength = ((bytes[12] ?? 0) >> 4) * 4;
  if (headerLength < 20 || bytes.length < headerLength) return undefined;
  const flags = bytes[13] ?? 0;
  return {
    sourcePort: uint16(bytes, 0),
    destinationPort: uint16(bytes, 2),
    sequence: uint16(bytes, 4) * 0x1_0000 + uint16(bytes, 6),
    acknowledgment: flags & ACK ? uint16(bytes, 8) * 0x1_0000 + uint16(bytes, 10) : undefined,
    syn: (flags & SYN) !== 0,
    fin: (flags & FIN) !== 0,
    reset: (flags & RST) !== 0,
    payload: bytes.subarray(headerLength),
  };
}

function uint16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}
