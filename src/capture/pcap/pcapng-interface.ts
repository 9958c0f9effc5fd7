import { malformed } from "./malformed.ts";
import { requireFields, type BlockBody } from "./pcapng-body.ts";

/** What packets need from their interface description. */
export interface CaptureInterface {
  readonly linkType: number;
  /** 0 means no limit. */
  readonly snapLength: number;
  readonly ticksPerSecond: number;
  /** Seconds to add to every time (if_tsoffset). */
  readonly offsetSeconds: number;
}

const OPTION_END = 0;
const OPTION_TIME_RESOLUTION = 9;
const OPTION_TIME_OFFSET = 14;

/** draft-ietf-opsawg-pcapng §4.2. Microseconds unless if_tsresol says otherwise. */
export function parseInterface(body: BlockBody): CaptureInterface {
  requireFields(body, 8, "pcapng.interface");
  const { view, from, littleEndian } = body;
  let ticksPerSecond = 1e6;
  let offsetSeconds = 0;
  for (const { code, at, length } of readOptions(body, from + 8)) {
    if (code === OPTION_TIME_RESOLUTION && length >= 1) ticksPerSecond = toTicksPerSecond(view.getUint8(at));
    if (code === OPTION_TIME_OFFSET && length >= 8)
      offsetSeconds = Number(view.getBigInt64(at, littleEndian));
  }
  return {
    linkType: view.getUint16(from, littleEndian),
    snapLength: view.getUint32(from + 4, littleEndian),
    ticksPerSecond,
    offsetSeconds,
  };
}

/** A packet's time as milliseconds since 1970, exact to a quarter of a microsecond. */
export function toMilliseconds(ticks: number, { ticksPerSecond, offsetSeconds }: CaptureInterface): number {
  return offsetSeconds * 1000 + (ticks / ticksPerSecond) * 1000;
}

/** The highest bit chooses between powers of two and of ten. draft-ietf-opsawg-pcapng §4.2. */
function toTicksPerSecond(resolution: number): number {
  return resolution & 0x80 ? 2 ** (resolution & 0x7f) : 10 ** resolution;
}

interface BlockOption {
  readonly code: number;
  readonly at: number;
  readonly length: number;
}

/** draft-ietf-opsawg-pcapng §3.5: code, length, value padded to 32 bits; the end option may be missing. */
function* readOptions(body: BlockBody, from: number): Generator<BlockOption> {
  let at = from;
  while (at + 4 <= body.to) {
    const code = body.view.getUint16(at, body.littleEndian);
    if (code === OPTION_END) return;
    const length = body.view.getUint16(at + 2, body.littleEndian);
    if (length > body.to - at - 4)
      throw malformed(
        "pcapng.interface.option_length",
        body.start + at + 2,
        `${length} is more than the block's ${body.to - at - 4}`,
      );
    yield { code, at: at + 4, length };
    at += 4 + Math.ceil(length / 4) * 4;
  }
}
