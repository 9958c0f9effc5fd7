/** One end of a synthesised connection; both addresses have 4 bytes or both have 16. */
export interface FrameEnd {
  readonly address: Uint8Array;
  readonly port: number;
}

/** What goes into one Ethernet frame. */
export interface TcpFrame {
  readonly from: FrameEnd;
  readonly to: FrameEnd;
  /** "client" and "server" have fixed, locally administered Ethernet addresses. */
  readonly fromClient: boolean;
  readonly sequence: number;
  readonly acknowledgment: number;
  readonly flags: number;
  readonly payload: Uint8Array;
}

/** RFC 9293 §3.1. */
export const TCP_FLAG = { fin: 0x01, syn: 0x02, reset: 0x04, push: 0x08, ack: 0x10 } as const;

/** What a frame can carry: the largest IPv4 packet without its two headers. RFC 791 §3.1. */
export const MAX_FRAME_PAYLOAD: number = 65_535 - 20 - 20;

const ETHERNET_BYTES = 14;
const TCP_HEADER_BYTES = 20;
const PROTOCOL_TCP = 6;
const WINDOW = 0xffff;

/** Ethernet, IPv4 (RFC 791) or IPv6 (RFC 8200) and TCP (RFC 9293), with checksums that are right. */
export function encodeTcpFrame(frame: TcpFrame): Uint8Array {
  const isV4 = frame.from.address.length === 4;
  const ipBytes = isV4 ? 20 : 40;
  const tcpAt = ETHERNET_BYTES + ipBytes;
  const bytes = new Uint8Array(tcpAt + TCP_HEADER_BYTES + frame.payload.length);
  const view = new DataView(bytes.buffer);
  encodeEthernet(view, frame.fromClient, isV4);
  if (isV4) encodeIpv4(bytes, view, frame);
  else encodeIpv6(bytes, view, frame);
  encodeTcp(bytes, view, tcpAt, frame);
  return bytes;
}

/** The last byte tells the sides apart: 02:00:00:00:00:01 is the client. */
function encodeEthernet(view: DataView, fromClient: boolean, isV4: boolean): void {
  view.setUint8(0, 0x02);
  view.setUint8(5, fromClient ? 2 : 1);
  view.setUint8(6, 0x02);
  view.setUint8(11, fromClient ? 1 : 2);
  view.setUint16(12, isV4 ? 0x0800 : 0x86dd);
}

function encodeIpv4(bytes: Uint8Array, view: DataView, { from, to }: TcpFrame): void {
  const at = ETHERNET_BYTES;
  view.setUint8(at, 0x45);
  view.setUint16(at + 2, bytes.length - at);
  view.setUint16(at + 6, 0x4000); // do not fragment
  view.setUint8(at + 8, 64);
  view.setUint8(at + 9, PROTOCOL_TCP);
  bytes.set(from.address, at + 12);
  bytes.set(to.address, at + 16);
  view.setUint16(at + 10, checksum(view, at, at + 20, 0));
}

function encodeIpv6(bytes: Uint8Array, view: DataView, { from, to }: TcpFrame): void {
  const at = ETHERNET_BYTES;
  view.setUint8(at, 0x60);
  view.setUint16(at + 4, bytes.length - at - 40);
  view.setUint8(at + 6, PROTOCOL_TCP);
  view.setUint8(at + 7, 64);
  bytes.set(from.address, at + 8);
  bytes.set(to.address, at + 24);
}

function encodeTcp(bytes: Uint8Array, view: DataView, at: number, frame: TcpFrame): void {
  view.setUint16(at, frame.from.port);
  view.setUint16(at + 2, frame.to.port);
  view.setUint32(at + 4, frame.sequence);
  view.setUint32(at + 8, frame.acknowledgment);
  view.setUint8(at + 12, (TCP_HEADER_BYTES / 4) << 4);
  view.setUint8(at + 13, frame.flags);
  view.setUint16(at + 14, WINDOW);
  bytes.set(frame.payload, at + TCP_HEADER_BYTES);
  // The pseudo header: both addresses, which stand right before this header, the protocol and the length.
  const addressBytes = frame.from.address.length * 2;
  const pseudo = sum(view, at - addressBytes, at) + PROTOCOL_TCP + bytes.length - at;
  view.setUint16(at + 16, checksum(view, at, bytes.length, pseudo));
}

/** The ones' complement of the ones' complement sum. RFC 1071 §1. */
function checksum(view: DataView, from: number, to: number, start: number): number {
  let total = start + sum(view, from, to);
  while (total > 0xffff) total = (total & 0xffff) + Math.floor(total / 0x1_0000);
  return ~total & 0xffff;
}

/** At most 32 768 words of 16 bits: far from what a number can hold. */
function sum(view: DataView, from: number, to: number): number {
  let total = 0;
  const even = to - ((to - from) % 2);
  for (let at = from; at < even; at += 2) total += view.getUint16(at);
  return even < to ? total + (view.getUint8(even) << 8) : total;
}
