import { LINK_TYPE } from "../network/link-layer.ts";
import { BLOCK, BYTE_ORDER_MAGIC, SECRETS_TLS_KEY_LOG } from "../pcap/pcapng-blocks.ts";

const SNAP_LENGTH = 262_144;
const MICROSECONDS_PER_MS = 1_000;

/** The beginning of a pcapng file: a section of unknown length and one Ethernet interface. §4.1, §4.2. */
export function encodePcapngHeader(): Uint8Array {
  const section = encodeBlock(BLOCK.sectionHeader, 16, (view, at) => {
    view.setUint32(at, BYTE_ORDER_MAGIC, true);
    view.setUint16(at + 4, 1, true);
    view.setBigInt64(at + 8, -1n, true);
  });
  const ethernet = encodeBlock(BLOCK.interfaceDescription, 8, (view, at) => {
    view.setUint16(at, LINK_TYPE.ethernet, true);
    view.setUint32(at + 4, SNAP_LENGTH, true);
  });
  return Buffer.concat([section, ethernet]);
}

/** A decryption secrets block with an SSLKEYLOGFILE in it; it has to stand before the packets that need it. §4.8. */
export function encodePcapngSecrets(keyLog: string): Uint8Array {
  const text = new TextEncoder().encode(keyLog);
  return encodeBlock(BLOCK.decryptionSecrets, 8 + text.length, (view, at, bytes) => {
    view.setUint32(at, SECRETS_TLS_KEY_LOG, true);
    view.setUint32(at + 4, text.length, true);
    bytes.set(text, at + 8);
  });
}

/** An enhanced packet block on the only interface; the time is kept to the microsecond. §4.3. */
export function encodePcapngPacket(timeMs: number, frame: Uint8Array): Uint8Array {
  const ticks = Math.max(0, Math.round(timeMs * MICROSECONDS_PER_MS));
  return encodeBlock(BLOCK.enhancedPacket, 20 + frame.length, (view, at, bytes) => {
    view.setUint32(at + 4, Math.floor(ticks / 2 ** 32), true);
    view.setUint32(at + 8, ticks % 2 ** 32, true);
    view.setUint32(at + 12, frame.length, true);
    view.setUint32(at + 16, frame.length, true);
    bytes.set(frame, at + 20);
  });
}

/** draft-ietf-opsawg-pcapng §3.1: type, total length, body padded to 32 bits, total length. */
function encodeBlock(
  type: number,
  bodyLength: number,
  body: (view: DataView, at: number, bytes: Uint8Array) => void,
): Uint8Array {
  const total = 12 + Math.ceil(bodyLength / 4) * 4;
  const bytes = new Uint8Array(total);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, type, true);
  view.setUint32(4, total, true);
  body(view, 8, bytes);
  view.setUint32(total - 4, total, true);
  return bytes;
}
