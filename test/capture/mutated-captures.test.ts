import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { readCapture, readStreams } from "./support/read-capture.ts";
import { PcapngRecorder } from "../../src/capture/recording/pcapng-recorder.ts";
import { isHandclaspError } from "../../src/errors.ts";
import { pcapFile } from "./support/capture-files.ts";
import { propertyRuns } from "../support/property-runs.ts";

/** A short conversation as a pcapng file. */
function recordedFile(): Uint8Array {
  const blocks: Uint8Array[] = [];
  const recorder = new PcapngRecorder((bytes) => blocks.push(bytes));
  const client = { address: "2001:db8::1", port: 50_000 };
  const recording = recorder.open(client, { address: "2001:db8::2", port: 443 }, 1_000);
  recording.keyLog(`CLIENT_RANDOM ${"ab".repeat(32)} ${"cd".repeat(48)}`);
  for (let round = 0; round < 4; round++) {
    recording.data("client", 1_000 + round, Buffer.alloc(60, round));
    recording.data("server", 1_000 + round, Buffer.alloc(90, round));
  }
  recording.finish("server", 1_010);
  recording.finish("client", 1_010);
  return Buffer.concat(blocks);
}

function asPcap(file: Uint8Array): Uint8Array {
  const { packets } = readCapture(file);
  return pcapFile(packets.map(({ data }) => ({ seconds: 1, fraction: 0, data })));
}

describe("mutated capture", () => {
  const pcapng = recordedFile();
  for (const [name, file] of [
    ["pcapng", pcapng],
    ["pcap", asPcap(pcapng)],
  ] as const)
    it(`gives no more bytes than it has, and only our error: ${name}`, () => {
      const change = fc.tuple(
        fc.nat(file.length - 1),
        fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 128, 255)),
      );
      fc.assert(
        fc.property(
          fc.array(change, { maxLength: 8 }),
          fc.oneof(fc.constant(file.length), fc.nat(file.length)),
          (changes, length) => {
            const mutated = Uint8Array.from(file);
            for (const [at, value] of changes) mutated[at] = value;
            try {
              let given = 0;
              for (const event of readStreams(readCapture(mutated.subarray(0, length))))
                if (event.kind === "data") given += event.bytes.length;
              assert.ok(given <= length);
            } catch (error) {
              assert.ok(isHandclaspError(error, "ERR_HANDCLASP_MALFORMED"), String(error));
            }
          },
        ),
        { numRuns: propertyRuns(2_500) },
      );
    });
});
