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

const NOTHING = new Uint8Array(0);

/** RFC 9293 §3.1, between two indexes; undefined when the header is cut or its length cannot be. */
export function parseTcpSegment(data: Uint8Array, at: number, end: number): TcpSegment | undefined {
  const payloadAt = at + ((data[at + 12] ?? 0) >> 4) * 4;
  if (payloadAt < at + 20 || end < payloadAt) return undefined;
  const flags = data[at + 13] ?? 0;
  return {
    sourcePort: uint16(data, at),
    destinationPort: uint16(data, at + 2),
    sequence: uint16(data, at + 4) * 0x1_0000 + uint16(data, at + 6),
    acknowledgment: flags & ACK ? uint16(data, at + 8) * 0x1_0000 + uint16(data, at + 10) : undefined,
    syn: (flags & SYN) !== 0,
    fin: (flags & FIN) !== 0,
    reset: (flags & RST) !== 0,
    payload: payloadAt === end ? NOTHING : data.subarray(payloadAt, end),
  };
}

function uint16(data: Uint8Array, at: number): number {
  return ((data[at] ?? 0) << 8) | (data[at + 1] ?? 0);
}
