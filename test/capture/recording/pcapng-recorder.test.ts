import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { readCapture, readStreams } from "../support/read-capture.ts";
import { PcapngRecorder, type RecordedConnection } from "../../../src/capture/recording/pcapng-recorder.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { converse, LiveTls, observe } from "../support/live-tls.ts";
import { missing, tsharkFields } from "../support/programs.ts";
import { shapeOf, textOf } from "../support/segments.ts";

const CLIENT = { address: "192.0.2.1", port: 50_000 };
const SERVER = { address: "198.51.100.7", port: 8_443 };
const TLS12_LINE = `CLIENT_RANDOM ${"ab".repeat(32)} ${"cd".repeat(48)}`;

function recorder(heldBytesPerConnection?: number): {
  readonly blocks: Uint8Array[];
  readonly recorder: PcapngRecorder;
} {
  const blocks: Uint8Array[] = [];
  const options = heldBytesPerConnection === undefined ? {} : { heldBytesPerConnection };
  return { blocks, recorder: new PcapngRecorder((bytes) => blocks.push(bytes), options) };
}

describe("pcapng recorder", () => {
  it("writes what the reader reads, whatever was sent", () => {
    const step = fc.record({
      sender: fc.constantFrom("client" as const, "server" as const),
      length: fc.oneof(fc.nat(100), fc.nat(200_000)),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 8 }), fc.boolean(), (steps, isV6) => {
        const { blocks, recorder: pcapng } = recorder();
        const client = isV6 ? { address: "2001:db8::1", port: 9 } : CLIENT;
        const recording = pcapng.open(client, SERVER, 1_700_000_000_000);
        const sent = { client: "", server: "" };
        for (const [index, { sender, length }] of steps.entries()) {
          const bytes = Buffer.alloc(length, 65 + index);
          recording.data(sender, 1_700_000_000_000 + index, bytes);
          sent[sender] += bytes.toString();
        }
        recording.finish("client", 1_700_000_000_100);
        recording.finish("server", 1_700_000_000_101);
        const capture = readCapture(Buffer.concat(blocks));
        assert.equal(capture.end.state, "complete");
        const events = [...readStreams(capture)];
        for (const sender of ["client", "server"] as const)
          assert.ok(textOf(events, sender) === sent[sender], sender);
        assert.equal(shapeOf(events).at(-1), "close:finished");
        assert.equal(events[0]?.timeMs, 1_700_000_000_000);
        assert.equal(events[0]?.connection.client.port, client.port);
      }),
      { numRuns: 50 },
    );
  });

  it("holds a connection's packets until its secrets are there", () => {
    const { blocks, recorder: pcapng } = recorder();
    const recording = pcapng.open(CLIENT, SERVER, 0);
    recording.data("client", 0, Buffer.from("hello"));
    assert.equal(blocks.length, 1);
    recording.keyLog(`${TLS12_LINE}\n`);
    const capture = readCapture(Buffer.concat(blocks));
    assert.deepEqual(capture.secrets, [{ keyLog: `${TLS12_LINE}\n` }]);
    assert.equal(capture.packets.length, 4);
    assert.equal(Buffer.from(blocks[1] ?? []).readUInt32LE(0), 10);
    recording.data("server", 0, Buffer.from("at once"));
    assert.equal(blocks.length, 7);
  });

  it("waits for all four secrets of TLS 1.3", () => {
    const { blocks, recorder: pcapng } = recorder();
    const recording = pcapng.open(CLIENT, SERVER, 0);
    for (const label of [
      "SERVER_HANDSHAKE_TRAFFIC_SECRET",
      "EXPORTER_SECRET",
      "SERVER_TRAFFIC_SECRET_0",
      "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
    ])
      recording.keyLog(TLS12_LINE.replace("CLIENT_RANDOM", label));
    assert.equal(blocks.length, 1);
    recording.keyLog(TLS12_LINE.replace("CLIENT_RANDOM", "CLIENT_TRAFFIC_SECRET_0"));
    assert.equal(blocks.length, 5);
  });

  it("does not wait for ever: not beyond its bound, a reset or a flush", () => {
    const ways: readonly ((recording: RecordedConnection) => void)[] = [
      (recording) => recording.data("server", 0, Buffer.alloc(2_000)),
      (recording) => recording.reset("client", 0),
      (recording) => recording.flush(),
    ];
    for (const way of ways) {
      const { blocks, recorder: pcapng } = recorder(1_000);
      const recording = pcapng.open(CLIENT, SERVER, 0);
      assert.equal(blocks.length, 1);
      way(recording);
      assert.ok(blocks.length >= 4);
    }
  });

  it("writes something for addresses of two families and of none", () => {
    for (const [client, server] of [
      ["192.0.2.1", "2001:db8::1"],
      ["/run/socket", ""],
      ["::ffff:192.0.2.1", "192.0.2.2"],
    ] as const) {
      const { blocks, recorder: pcapng } = recorder();
      pcapng.open({ address: client, port: 1 }, { address: server, port: 2 }, 0).flush();
      assert.equal(readCapture(Buffer.concat(blocks)).packets.length, 3);
    }
  });
});

describe("tshark reading what was recorded", { skip: missing("tshark") }, () => {
  const folder = temporaryFolder();

  it("finds nothing wrong with the packets, checksums included", async () => {
    for (const address of ["192.0.2.9", "2001:db8::9"]) {
      const { blocks, recorder: pcapng } = recorder();
      const recording = pcapng.open({ address, port: 50_000 }, { ...SERVER, address }, 1_000);
      recording.data("client", 1_001.25, Buffer.alloc(200_001, 1));
      recording.data("server", 1_002, Buffer.from("odd"));
      recording.finish("server", 1_003);
      recording.finish("client", 1_004);
      const file = join(folder, `plain-${address.length}.pcapng`);
      writeFileSync(file, Buffer.concat(blocks));
      const checked = ["-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE"];
      const warnings = "_ws.expert.severity >= 0x600000 || _ws.malformed || tcp.checksum.status != 1";
      assert.deepEqual(await tsharkFields(file, warnings, ["frame.number"], checked), []);
      const lengths = await tsharkFields(file, "tcp.len > 0", ["tcp.len", "frame.time_epoch"]);
      assert.deepEqual(
        lengths.map(([length]) => Number(length)),
        [65_495, 65_495, 65_495, 3_516, 3],
      );
      assert.equal(lengths[0]?.[1], "1.001250000");
    }
  });

  for (const version of ["TLSv1.2", "TLSv1.3"] as const)
    it(`shows the messages of ${version} handshakes decrypted`, async () => {
      await using server = await LiveTls.listen({ version });
      const { blocks, recorder: pcapng } = recorder();
      const recordings: RecordedConnection[] = [];
      server.onKeyLog((line) => recordings.at(-1)?.keyLog(line));
      const port = await observe(server.port, () => {
        let recording: RecordedConnection | undefined;
        return {
          open: (from, to) => recordings.push((recording = pcapng.open(from, to, Date.now()))),
          data: (sender, bytes) => recording?.data(sender, Date.now(), bytes),
          finish: (sender) => recording?.finish(sender, Date.now()),
        };
      });
      for (let count = 0; count < 3; count++) await converse(port);
      for (const recording of recordings) recording.flush();
      const file = join(folder, `${version}.pcapng`);
      writeFileSync(file, Buffer.concat(blocks));

      const rows = await tsharkFields(file, "tls.handshake", ["tcp.stream", "tls.handshake.type"]);
      for (const stream of ["0", "1", "2"]) {
        const types = rows.filter(([found]) => found === stream).flatMap(([, type = ""]) => type.split(","));
        assert.deepEqual(types.slice(0, 2), ["1", "2"]);
        const inOrder =
          version === "TLSv1.3"
            ? ["1", "2", "8", "13", "11", "15", "20", "11", "15", "20", "4", "4"]
            : ["1", "2", "11", "12", "13", "14", "11", "16", "15", "20", "4", "20"];
        assert.deepEqual(types, inOrder);
      }
      assert.equal((await tsharkFields(file, "tls.app_data || data", ["frame.number"])).length >= 6, true);
    });
});
