import { isHandclaspError, type HandclaspError } from "../../errors.ts";
import type { CaptureFormat, FileBytes } from "./capture-format.ts";
import { malformed } from "./malformed.ts";
import type { CaptureSink, EmbeddedSecrets, Packet } from "./packet.ts";
import { isPcapMagic, PcapFormat } from "./pcap.ts";
import { BLOCK } from "./pcapng-blocks.ts";
import { PcapngFormat } from "./pcapng.ts";

/** How far a capture could be read. Whatever the state, everything before `bytesRead` was given. */
export type CaptureEnd =
  | { readonly state: "complete"; readonly bytesRead: number }
  /** The input stops inside the unit that begins at `bytesRead`. `needs` is what is known of its length. */
  | {
      readonly state: "truncated";
      readonly bytesRead: number;
      readonly field: string;
      readonly needs: number;
      readonly has: number;
    }
  /** What begins at `bytesRead` does not follow the format; nothing after it was read. */
  | { readonly state: "malformed"; readonly bytesRead: number; readonly error: HandclaspError };

const MAGIC_BYTES = 4;
/** A unit across chunks is given its buffer as its bytes come, never what its header promises at once. */
const FIRST_CAPACITY = 4096;
const NOTHING = new Uint8Array(0);

/**
 * Reads a pcap or pcapng file in chunks of any size. Packets are views of the chunks, so do not reuse those. Time and copies are linear in the input; at most one unit (64 MiB) is kept.
 */
export class CaptureReader {
  readonly #sink: CaptureSink;
  #format: CaptureFormat | undefined;
  /** The beginning of a unit that goes on in the next chunk. */
  #kept: Uint8Array = NOTHING;
  #keptLength = 0;
  #needs = MAGIC_BYTES;
  #bytesRead = 0;
  #error: HandclaspError | undefined;
  #packet: Packet | undefined;
  #secrets: EmbeddedSecrets | undefined;
  readonly #found: CaptureSink = {
    packet: (packet) => (this.#packet = packet),
    secrets: (secrets) => (this.#secrets = secrets),
  };

  constructor(sink: CaptureSink) {
    this.#sink = sink;
  }

  /** Known from the fourth byte on. */
  get format(): "pcap" | "pcapng" | undefined {
    return this.#format?.name;
  }

  /** Whether nothing that follows will be read. */
  get isOver(): boolean {
    return this.#error !== undefined;
  }

  /** Throws ERR_HANDCLASP_MALFORMED for a file of another kind; later faults are told by `end()`. */
  read(chunk: Uint8Array): void {
    let at = 0;
    while (this.#keptLength > 0 && at < chunk.length && this.#error === undefined) {
      at += this.#keep(chunk.subarray(at, at + this.#needs - this.#keptLength));
      if (this.#keptLength === this.#needs) this.#readKept();
    }
    if (at === chunk.length || this.#error !== undefined) return;
    const rest = at === 0 ? chunk : chunk.subarray(at);
    const used = this.#units(rest);
    if (this.#error === undefined) this.#keep(rest.subarray(used));
  }

  /** Nothing more comes. */
  end(): CaptureEnd {
    const bytesRead = this.#bytesRead;
    if (this.#error !== undefined) return { state: "malformed", bytesRead, error: this.#error };
    if (this.#format !== undefined && this.#keptLength === 0 && this.#format.unit !== "pcap.header")
      return { state: "complete", bytesRead };
    const field = this.#format?.unit ?? "capture.magic";
    return { state: "truncated", bytesRead, field, needs: this.#needs, has: this.#keptLength };
  }

  /** Keeps a copy of the beginning of a unit; returns its length. */
  #keep(part: Uint8Array): number {
    const length = this.#keptLength + part.length;
    if (length > this.#kept.length) {
      const grown = new Uint8Array(
        Math.max(length, Math.min(this.#needs, Math.max(2 * length, FIRST_CAPACITY))),
      );
      grown.set(this.#kept.subarray(0, this.#keptLength));
      this.#kept = grown;
    }
    this.#kept.set(part, this.#keptLength);
    this.#keptLength = length;
    return part.length;
  }

  /** The unit is whole, or more is known of its length. */
  #readKept(): void {
    const bytes = this.#kept.subarray(0, this.#keptLength);
    const used = this.#units(bytes);
    if (used === 0) return;
    // A packet may be a view of it.
    this.#kept = NOTHING;
    this.#keptLength = 0;
  }

  /** Reads all whole units and returns how many bytes they took. */
  #units(bytes: Uint8Array): number {
    if (this.#format === undefined && bytes.length < MAGIC_BYTES) return 0;
    // Views of a plain Uint8Array are cheaper than those of a Buffer.
    const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const input: FileBytes = { bytes: plain, view, start: this.#bytesRead };
    this.#format ??= chooseFormat(view.getUint32(0, false));
    const format = this.#format;
    let at = 0;
    while (at < bytes.length) {
      const took = this.#unit(format, input, at);
      if (took === undefined) break;
      this.#needs = took < 0 ? -took : 0;
      if (took < 0) break;
      at += took;
      this.#deliver();
    }
    this.#bytesRead += at;
    return at;
  }

  /** What the sink throws must not be taken for a fault of the file: it is called outside. */
  #unit(format: CaptureFormat, input: FileBytes, at: number): number | undefined {
    try {
      return format.read(input, at, this.#found);
    } catch (error) {
      if (!isHandclaspError(error, "ERR_HANDCLASP_MALFORMED")) throw error;
      this.#error = error;
      return undefined;
    }
  }

  #deliver(): void {
    const packet = this.#packet;
    const secrets = this.#secrets;
    this.#packet = undefined;
    this.#secrets = undefined;
    if (packet !== undefined) this.#sink.packet(packet);
    if (secrets !== undefined) this.#sink.secrets(secrets);
  }
}

function chooseFormat(magic: number): CaptureFormat {
  if (magic === BLOCK.sectionHeader) return new PcapngFormat();
  if (isPcapMagic(magic)) return new PcapFormat();
  throw malformed("capture.magic", 0, "neither a pcap nor a pcapng file");
}
