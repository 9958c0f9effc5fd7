/** A pcap or pcapng file for a test, field by field, in either byte order. */
export class FileBuilder {
  readonly #little: boolean;
  readonly #parts: Uint8Array[] = [];

  constructor(littleEndian: boolean) {
    this.#little = littleEndian;
  }

  u8(...values: readonly number[]): this {
    this.#parts.push(Uint8Array.from(values));
    return this;
  }

  u16(...values: readonly number[]): this {
    for (const value of values) {
      const bytes = new Uint8Array(2);
      new DataView(bytes.buffer).setUint16(0, value, this.#little);
      this.#parts.push(bytes);
    }
    return this;
  }

  u32(...values: readonly number[]): this {
    for (const value of values) {
      const bytes = new Uint8Array(4);
      new DataView(bytes.buffer).setUint32(0, value, this.#little);
      this.#parts.push(bytes);
    }
    return this;
  }

  i64(value: bigint): this {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigInt64(0, value, this.#little);
    this.#parts.push(bytes);
    return this;
  }

  raw(bytes: Uint8Array): this {
    this.#parts.push(bytes);
    return this;
  }

  padded(bytes: Uint8Array): this {
    return this.raw(bytes).raw(new Uint8Array((4 - (bytes.length % 4)) % 4));
  }

  /** A pcapng block around what `body` writes. */
  block(type: number, body: (inner: FileBuilder) => void): this {
    const inner = new FileBuilder(this.#little);
    body(inner);
    const bytes = inner.bytes();
    return this.u32(type, bytes.length + 12)
      .raw(bytes)
      .u32(bytes.length + 12);
  }

  section(): this {
    return this.block(0x0a0d0d0a, (b) => b.u32(0x1a2b3c4d).u16(1, 0).u32(0xffffffff, 0xffffffff));
  }

  interface(linkType: number, snapLength = 0, options: (inner: FileBuilder) => void = () => undefined): this {
    return this.block(1, (b) => {
      b.u16(linkType, 0).u32(snapLength);
      options(b);
    });
  }

  enhancedPacket(id: number, ticks: bigint, data: Uint8Array): this {
    return this.block(6, (b) =>
      b.u32(id, Number(ticks >> 32n), Number(ticks & 0xffffffffn), data.length, data.length).padded(data),
    );
  }

  secrets(type: number, data: Uint8Array): this {
    return this.block(10, (b) => b.u32(type, data.length).padded(data));
  }

  bytes(): Uint8Array {
    return Buffer.concat(this.#parts);
  }
}

export interface PcapPacket {
  readonly seconds: number;
  readonly fraction: number;
  readonly data: Uint8Array;
}

/** A pcap file; the magic tells how `fraction` counts. */
export function pcapFile(
  packets: readonly PcapPacket[],
  options: { readonly littleEndian?: boolean; readonly magic?: number; readonly linkType?: number } = {},
): Uint8Array {
  const { littleEndian = true, magic = 0xa1b2c3d4, linkType = 1 } = options;
  const file = new FileBuilder(littleEndian).u32(magic).u16(2, 4).u32(0, 0, 262_144, linkType);
  for (const { seconds, fraction, data } of packets)
    file.u32(seconds, fraction, data.length, data.length).raw(data);
  return file.bytes();
}
