import { closeSync, openSync, readSync, statSync } from "node:fs";
import { CaptureReader, type CaptureEnd } from "../../capture/capture-reader.ts";
import type { CaptureSink } from "../../capture/packet.ts";
import { HandclaspError, isHandclaspError } from "../../errors.ts";

const CHUNK_BYTES = 1024 * 1024;

/**
 * Reads a capture from front to end, or until nobody wants more of it: then there is no end to speak of. Throws ERR_HANDCLASP_OPTION when there is no such file, or none that can be read
 * twice, ERR_HANDCLASP_MALFORMED when it is no capture.
 */
export function readCaptureFile(path: string, sink: CaptureSink): CaptureEnd;
export function readCaptureFile(
  path: string,
  sink: CaptureSink,
  isOver: () => boolean,
): CaptureEnd | undefined;
export function readCaptureFile(
  path: string,
  sink: CaptureSink,
  isOver?: () => boolean,
): CaptureEnd | undefined {
  const file = openToRead(path);
  const reader = new CaptureReader(sink);
  try {
    for (;;) {
      // Packets are views of it.
      const chunk = new Uint8Array(CHUNK_BYTES);
      const length = readSync(file, chunk);
      if (length === 0) return reader.end();
      reader.read(chunk.subarray(0, length));
      if (isOver?.() === true) return undefined;
    }
  } finally {
    closeSync(file);
  }
}

function openToRead(path: string): number {
  try {
    if (!statSync(path).isFile()) throw notAFile(path);
    return openSync(path, "r");
  } catch (error) {
    if (isHandclaspError(error)) throw error;
    const said = error instanceof Error ? error.message : String(error);
    throw new HandclaspError("ERR_HANDCLASP_OPTION", `cannot read ${path}: ${said}`, { cause: error });
  }
}

/** Secrets may stand behind the packets that need them, so a pipe, which is gone once read, will not do. */
function notAFile(path: string): HandclaspError {
  return new HandclaspError("ERR_HANDCLASP_OPTION", `cannot read ${path}: it is no file`, {
    hint: "a capture is read twice: save it first, as tcpdump -w FILE does",
  });
}
