import { requireBounded, type CaptureFormat, type FileBytes } from "./capture-format.ts";
import { malformed } from "./malformed.ts";
import type { CaptureSink } from "./packet.ts";
import { BLOCK, BYTE_ORDER_MAGIC, SECRETS_TLS_KEY_LOG } from "./pcapng-blocks.ts";
import { requireFields, takeData, type BlockBody } from "./pcapng-body.ts";
import { parseInterface, toMilliseconds, type CaptureInterface } from "./pcapng-interface.ts";

const BLOCK_HEADER_BYTES = 8;
const TRAILER_BYTES = 4;
/** A section header needs four bytes more before its byte order is known. */
const SECTION_PEEK_BYTES = 12;
const MIN_SECTION_BYTES = 28;
const TEXT = new TextDecoder();

/** A pcapng file: sections of blocks, each section with its byte order. draft-ietf-opsawg-pcapng. */
export class PcapngFormat implements CaptureFormat {
  readonly name = "pcapng";
  readonly unit = "pcapng.block";
  #littleEndian = false;
  #interfaces: CaptureInterface[] = [];
  #packets = 0;

  /** §3.1: type, total length, body, total length again. */
  read(input: FileBytes, at: number, sink: CaptureSink): number {
    const { bytes, view, start } = input;
    const available = bytes.length - at;
    if (available < SECTION_PEEK_BYTES) return -SECTION_PEEK_BYTES;
    const isSection = view.getUint32(at, false) === BLOCK.sectionHeader;
    if (isSection) this.#byteOrder(input, at);
    const little = this.#littleEndian;
    const total = view.getUint32(at + 4, little);
    const least = isSection ? MIN_SECTION_BYTES : BLOCK_HEADER_BYTES + TRAILER_BYTES;
    if (total < least) throw malformed("pcapng.block.total_length", start + at + 4, `${total} is too short`);
    if (total % 4 !== 0)
      throw malformed("pcapng.block.total_length", start + at + 4, `${total} is not a multiple of 4`);
    requireBounded(total, "pcapng.block.total_length", start + at + 4);
    if (available < total) return -total;
    const to = at + total - TRAILER_BYTES;
    const again = view.getUint32(to, little);
    if (again !== total)
      throw malformed("pcapng.block.total_length_again", start + to, `${again} is not ${total}`);
    const body = { bytes, view, start, from: at + BLOCK_HEADER_BYTES, to, littleEndian: little };
    this.#body(view.getUint32(at, little), body, sink);
    return total;
  }

  /** §4.1: the byte order magic tells how to read everything in this section, the block's length included. */
  #byteOrder({ view, start }: FileBytes, at: number): void {
    const magicAt = at + BLOCK_HEADER_BYTES;
    if (view.getUint32(magicAt, false) === BYTE_ORDER_MAGIC) this.#littleEndian = false;
    else if (view.getUint32(magicAt, true) === BYTE_ORDER_MAGIC) this.#littleEndian = true;
    else throw malformed("pcapng.section.byte_order_magic", start + magicAt, "is neither byte order");
  }

  #body(type: number, body: BlockBody, sink: CaptureSink): void {
    if (type === BLOCK.enhancedPacket) this.#enhancedPacket(body, sink);
    else if (type === BLOCK.interfaceDescription) this.#interfaces.push(parseInterface(body));
    else if (type === BLOCK.sectionHeader) this.#section(body);
    else if (type === BLOCK.simplePacket) this.#simplePacket(body, sink);
    else if (type === BLOCK.packet) this.#obsoletePacket(body, sink);
    else if (type === BLOCK.decryptionSecrets) readSecrets(body, sink);
  }

  #section({ view, start, from, littleEndian }: BlockBody): void {
    const major = view.getUint16(from + 4, littleEndian);
    if (major !== 1) throw malformed("pcapng.section.version", start + from + 4, `${major} is not 1`);
    this.#interfaces = [];
  }

  /** §4.3: interface, time in two halves, captured length, original length, data, options. */
  #enhancedPacket(body: BlockBody, sink: CaptureSink): void {
    requireFields(body, 20, "pcapng.enhanced_packet");
    const id = body.view.getUint32(body.from, body.littleEndian);
    this.#timedPacket(body, id, "pcapng.enhanced_packet", sink);
  }

  /** Appendix A: as the enhanced one, with a 16-bit interface and a drop counter in the first word. */
  #obsoletePacket(body: BlockBody, sink: CaptureSink): void {
    requireFields(body, 20, "pcapng.packet");
    const id = body.view.getUint16(body.from, body.littleEndian);
    this.#timedPacket(body, id, "pcapng.packet", sink);
  }

  #timedPacket(body: BlockBody, id: number, field: string, sink: CaptureSink): void {
    const { view, from, littleEndian } = body;
    const source = this.#interface(id, body, field);
    const ticks = view.getUint32(from + 4, littleEndian) * 2 ** 32 + view.getUint32(from + 8, littleEndian);
    const captured = view.getUint32(from + 12, littleEndian);
    this.#packets += 1;
    sink.packet({
      number: this.#packets,
      timeMs: toMilliseconds(ticks, source),
      linkType: source.linkType,
      interfaceId: id,
      data: takeData(body, from + 20, captured, `${field}.captured_length`, from + 12),
      originalLength: view.getUint32(from + 16, littleEndian),
    });
  }

  /** §4.4: only an original length; what was captured follows from interface 0's snap length. */
  #simplePacket(body: BlockBody, sink: CaptureSink): void {
    requireFields(body, 4, "pcapng.simple_packet");
    const { linkType, snapLength } = this.#interface(0, body, "pcapng.simple_packet");
    const originalLength = body.view.getUint32(body.from, body.littleEndian);
    const captured = snapLength === 0 ? originalLength : Math.min(originalLength, snapLength);
    this.#packets += 1;
    sink.packet({
      number: this.#packets,
      timeMs: undefined,
      linkType,
      interfaceId: 0,
      data: takeData(body, body.from + 4, captured, "pcapng.simple_packet.original_length", body.from),
      originalLength,
    });
  }

  #interface(id: number, body: BlockBody, field: string): CaptureInterface {
    const found = this.#interfaces[id];
    if (found === undefined)
      throw malformed(`${field}.interface_id`, body.start + body.from, `no interface ${id} in this section`);
    return found;
  }
}

/** §4.8: TLS key logs are given on, secrets of other protocols skipped. */
function readSecrets(body: BlockBody, sink: CaptureSink): void {
  requireFields(body, 8, "pcapng.decryption_secrets");
  const { view, from, littleEndian } = body;
  const length = view.getUint32(from + 4, littleEndian);
  const data = takeData(body, from + 8, length, "pcapng.decryption_secrets.secrets_length", from + 4);
  if (view.getUint32(from, littleEndian) === SECRETS_TLS_KEY_LOG) sink.secrets({ keyLog: TEXT.decode(data) });
}
