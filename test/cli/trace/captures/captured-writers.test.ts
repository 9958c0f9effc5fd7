import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { describe, it } from "node:test";
import { capturedWriters } from "../../../../src/cli/trace/captures/captured-writers.ts";
import { TraceWriter } from "../../../../src/cli/trace/formats/writer.ts";
import type { TraceMessage } from "../../../../src/tls/observer/trace-message.ts";
import { Home } from "../../support/serve.ts";

const HEADER: TraceMessage = {
  connection: "7",
  direction: "read",
  time: 0,
  version: "TLSv1.2",
  contentType: 256,
  messageType: 23,
  data: Uint8Array.of(23, 3, 3, 0, 1),
};
const LINE = "content_type=<_TLSContentType.HEADER: 256>\t\tmsg_type=<_TLSContentType.APPLICATION_DATA: 23>";

describe("capturedWriters", () => {
  it("keeps a bounded part of a connection that never stops, and writes all of it", () => {
    using home = new Home();
    const output = home.path("listing");
    const client = { address: "192.0.2.1", port: 50_000 };
    const connection = { id: "7", side: "server", client, server: { ...client, port: 443 } } as const;
    using writer = new TraceWriter({ format: "listing", output });
    const write = capturedWriters("listing", writer)(connection);
    write.event?.({ kind: "open", timeMs: 0, packet: 1 });
    for (let count = 1; count <= 10_000; count++) {
      write.message?.(HEADER);
      assert.ok(count * LINE.length - statSync(output).size < 300_000);
    }
    write.end?.(true);
    const [heading, ...lines] = readFileSync(output, "utf8").trimEnd().split("\n");
    assert.equal(heading, "# connection 7: 192.0.2.1:50000 to 192.0.2.1:443, 1970-01-01T00:00:00.000Z");
    const goesOn = lines.filter((line) => line !== LINE);
    assert.equal(lines.length - goesOn.length, 10_000);
    assert.ok(goesOn.length > 0);
    assert.deepEqual(new Set(goesOn), new Set(["# connection 7 goes on"]));
  });
});
