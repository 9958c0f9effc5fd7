import { CaptureReader, type CaptureEnd } from "../../../capture/pcap/capture-reader.ts";
import type { CaptureSink } from "../../../capture/pcap/packet.ts";
import type { Broken, CaptureInput } from "./capture-input.ts";

/** How far an input could be read. */
export interface InputEnd {
  readonly capture: CaptureEnd;
  /** Set when it is compressed and could not be decompressed to its end. */
  readonly broken: Broken | undefined;
}

/**
 * Reads an input from front to end, or until nobody wants more of it, which is asked after each chunk: then there is no
 * end to speak of. Throws what `CaptureInput.chunks` throws.
 */
export async function readInput(
  input: CaptureInput,
  sink: CaptureSink,
  isOver: (format: CaptureReader["format"]) => boolean = () => false,
): Promise<InputEnd | undefined> {
  const reader = new CaptureReader(sink);
  const chunks = input.chunks();
  try {
    for (;;) {
      const { done, value } = await chunks.next();
      if (done === true) return { capture: reader.end(), broken: value };
      reader.read(value);
      if (reader.isOver) return { capture: reader.end(), broken: undefined };
      if (isOver(reader.format)) return undefined;
    }
  } finally {
    await chunks.return(undefined);
  }
}
