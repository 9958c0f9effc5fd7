import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { CaptureReader } from "../../../src/capture/pcap/capture-reader.ts";
import { readCapture } from "../support/read-capture.ts";
import { isHandclaspError } from "../../../src/errors.ts";
import { FileBuilder, pcapFile } from "../support/capture-files.ts";
import { propertyRuns } from "../../support/property-runs.ts";

const ONE = Uint8Array.of(1, 2, 3, 4, 5);
const TWO = Uint8Array.of(9, 8, 7);
const KEY_LOG = Buffer.from(`CLIENT_RANDOM ${"ab".repeat(32)} ${"cd".repeat(48)}\n`);
const TLS_KEY_LOG = 0x544c534b;

function richPcapng(littleEndian: boolean): Uint8Array {
  return new FileBuilder(littleEndian)
    .section()
    .interface(1)
    .block(0x0bad, (b) => b.u32(1, 2, 3))
    .enhancedPacket(0, 1_700_000_000_000_001n, ONE)
    .secrets(TLS_KEY_LOG, KEY_LOG)
    .enhancedPacket(0, 1_700_000_000_000_002n, TWO)
    .bytes();
}

function malformedError(error: unknown): boolean {
  return isHandclaspError(error, "ERR_HANDCLASP_MALFORMED");
}

describe("pcap file", () => {
  for (const littleEndian of [true, false])
    for (const [magic, fraction] of [
      [0xa1b2c3d4, 250_125],
      [0xa1b23c4d, 250_125_000],
    ] as const)
      it(`is read with magic ${magic.toString(16)} ${littleEndian ? "little" : "big"}-endian`, () => {
        const packets = [
          { seconds: 1_700_000_000, fraction, data: ONE },
          { seconds: 1_700_000_001, fraction: 0, data: TWO },
        ];
        const capture = readCapture(pcapFile(packets, { littleEndian, magic, linkType: 113 }));
        assert.equal(capture.format, "pcap");
        assert.equal(capture.end.state, "complete");
        assert.deepEqual(
          capture.packets.map(({ number, timeMs, linkType, data }) => [number, timeMs, linkType, [...data]]),
          [
            [1, 1_700_000_000_250.125, 113, [...ONE]],
            [2, 1_700_000_001_000, 113, [...TWO]],
          ],
        );
      });

  it("says where it was cut, and gives what came before", () => {
    const file = pcapFile([
      { seconds: 1, fraction: 0, data: ONE },
      { seconds: 2, fraction: 0, data: TWO },
    ]);
    const capture = readCapture(file.subarray(0, file.length - 1));
    assert.equal(capture.packets.length, 1);
    assert.deepEqual(capture.end, {
      state: "truncated",
      bytesRead: 45,
      field: "pcap.record",
      needs: 19,
      has: 18,
    });
  });

  it("refuses a packet of 4 GB without waiting for it", () => {
    const file = new FileBuilder(true).raw(pcapFile([])).u32(0, 0, 0xffffffff, 5).bytes();
    const { end } = readCapture(file);
    assert.ok(end.state === "malformed");
    assert.deepEqual(end.error.details, { field: "pcap.record.captured_length", offset: 32 });
  });

  it("is not taken for one when the magic is another", () => {
    assert.throws(() => readCapture(Buffer.from("GET / HTTP/1.1\r\n")), malformedError);
  });

  it("that is empty is said to be truncated", () => {
    assert.equal(readCapture(new Uint8Array(0)).end.state, "truncated");
    assert.equal(readCapture(pcapFile([]).subarray(0, 10)).end.state, "truncated");
    assert.equal(readCapture(pcapFile([])).end.state, "complete");
  });
});

describe("pcapng file", () => {
  for (const littleEndian of [true, false]) {
    it(`gives packets and secrets, ${littleEndian ? "little" : "big"}-endian`, () => {
      const capture = readCapture(richPcapng(littleEndian));
      assert.equal(capture.format, "pcapng");
      assert.equal(capture.end.state, "complete");
      assert.deepEqual(
        capture.packets.map(({ timeMs, data }) => [timeMs, [...data]]),
        [
          [1_700_000_000_000.001, [...ONE]],
          [1_700_000_000_000.002, [...TWO]],
        ],
      );
      assert.deepEqual(capture.secrets, [{ keyLog: KEY_LOG.toString() }]);
    });

    it(`reads simple and obsolete packet blocks, ${littleEndian ? "little" : "big"}-endian`, () => {
      const file = new FileBuilder(littleEndian)
        .section()
        .interface(101, 3)
        .block(3, (b) => b.u32(5).padded(ONE.subarray(0, 3)))
        .block(2, (b) => b.u16(0, 7).u32(0, 1_000_000, 5, 5).padded(ONE));
      const { packets } = readCapture(file.bytes());
      assert.deepEqual(
        packets.map((packet) => ({ ...packet, data: [...packet.data] })),
        [
          { number: 1, timeMs: undefined, linkType: 101, interfaceId: 0, data: [1, 2, 3], originalLength: 5 },
          { number: 2, timeMs: 1000, linkType: 101, interfaceId: 0, data: [...ONE], originalLength: 5 },
        ],
      );
    });
  }

  it("keeps interfaces and byte order apart by section", () => {
    const first = new FileBuilder(true).section().interface(1).interface(113).enhancedPacket(1, 0n, ONE);
    const second = new FileBuilder(false).section().interface(276).enhancedPacket(0, 0n, TWO);
    const { packets } = readCapture(Buffer.concat([first.bytes(), second.bytes()]));
    assert.deepEqual(
      packets.map(({ linkType }) => linkType),
      [113, 276],
    );
  });

  it("forgets interfaces when a new section begins", () => {
    const first = new FileBuilder(true).section().interface(1).interface(113).enhancedPacket(1, 0n, ONE);
    const second = new FileBuilder(true).section().interface(276).enhancedPacket(1, 0n, TWO);
    const capture = readCapture(Buffer.concat([first.bytes(), second.bytes()]));
    assert.equal(capture.packets.length, 1);
    assert.ok(capture.end.state === "malformed");
    assert.equal(capture.end.error.details["field"], "pcapng.enhanced_packet.interface_id");
  });

  it("counts time as the interface says", () => {
    const resolutions: readonly (readonly [number, bigint])[] = [
      [9, 1_500_000_000n],
      [3, 1_500n],
      [0x80 | 1, 3n],
    ];
    for (const [resolution, ticks] of resolutions) {
      const file = new FileBuilder(true)
        .section()
        .interface(1, 0, (b) => {
          b.u16(2, 3).u8(0x6c, 0x6f, 0x30, 0); // if_name
          b.u16(9, 1).u8(resolution, 0, 0, 0);
          b.u16(14, 8).i64(-1n).u16(0, 0);
        })
        .enhancedPacket(0, ticks, ONE);
      assert.equal(readCapture(file.bytes()).packets[0]?.timeMs, 500);
    }
  });

  it("skips secrets of other protocols", () => {
    const file = new FileBuilder(true).section().secrets(0x57474b4c, KEY_LOG);
    assert.deepEqual(readCapture(file.bytes()).secrets, []);
  });

  it("names the field of a length that cannot be", () => {
    const head = new FileBuilder(true).section().interface(1).bytes();
    const cases: readonly (readonly [string, FileBuilder])[] = [
      ["pcapng.block.total_length", new FileBuilder(true).u32(6, 8, 0)],
      ["pcapng.block.total_length", new FileBuilder(true).u32(6, 0xfffffffc, 0)],
      ["pcapng.block.total_length", new FileBuilder(true).u32(6, 33, 0)],
      ["pcapng.block.total_length_again", new FileBuilder(true).u32(99, 12, 16)],
      ["pcapng.enhanced_packet", new FileBuilder(true).block(6, (b) => b.u32(0))],
      [
        "pcapng.enhanced_packet.captured_length",
        new FileBuilder(true).block(6, (b) => b.u32(0, 0, 0, 5, 5, 0)),
      ],
      ["pcapng.simple_packet.original_length", new FileBuilder(true).block(3, (b) => b.u32(9, 0))],
      [
        "pcapng.decryption_secrets.secrets_length",
        new FileBuilder(true).block(10, (b) => b.u32(TLS_KEY_LOG, 1)),
      ],
      ["pcapng.interface.option_length", new FileBuilder(true).block(1, (b) => b.u32(1, 0).u16(9, 5).u32(0))],
      ["pcapng.section.byte_order_magic", new FileBuilder(true).u32(0x0a0d0d0a, 28, 1, 1, 0, 0, 28)],
    ];
    for (const [field, block] of cases) {
      const { end } = readCapture(Buffer.concat([head, block.bytes()]));
      assert.ok(end.state === "malformed", field);
      assert.equal(end.bytesRead, head.length);
      assert.equal(end.error.details["field"], field);
    }
  });
});

describe("capture reader", () => {
  for (const file of [
    richPcapng(true),
    pcapFile([
      { seconds: 1, fraction: 2, data: ONE },
      { seconds: 1, fraction: 3, data: TWO },
    ]),
  ])
    it(`gives the same for any split of ${file.length} bytes`, () => {
      const whole = readCapture(file);
      fc.assert(
        fc.property(fc.array(fc.nat(file.length), { maxLength: 30 }), (cuts) => {
          const packets: unknown[] = [];
          const secrets: unknown[] = [];
          const reader = new CaptureReader({
            packet: (packet) => packets.push({ ...packet, data: [...packet.data] }),
            secrets: (found) => secrets.push(found),
          });
          let from = 0;
          for (const cut of [...cuts.toSorted((a, b) => a - b), file.length]) {
            reader.read(file.subarray(from, cut));
            from = cut;
          }
          assert.deepEqual(
            packets,
            whole.packets.map((packet) => ({ ...packet, data: [...packet.data] })),
          );
          assert.deepEqual(secrets, whole.secrets);
          assert.deepEqual(reader.end(), whole.end);
        }),
      );
    });

  it("lets what the sink throws through", () => {
    const failing = new CaptureReader({
      packet: () => {
        throw new TypeError("mine");
      },
      secrets: () => undefined,
    });
    assert.throws(() => failing.read(pcapFile([{ seconds: 0, fraction: 0, data: ONE }])), /mine/);
  });

  it("comes back from mutated files truncated or malformed, with nothing else thrown", () => {
    for (const file of [richPcapng(true), richPcapng(false)])
      fc.assert(
        fc.property(
          fc.array(fc.tuple(fc.nat(file.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
          fc.nat(file.length),
          (changes, length) => {
            const mutated = Uint8Array.from(file);
            for (const [at, value] of changes) mutated[at] = value;
            try {
              const { end } = readCapture(mutated.subarray(0, length));
              assert.ok(end.bytesRead <= length);
            } catch (error) {
              assert.ok(malformedError(error), String(error));
            }
          },
        ),
        { numRuns: propertyRuns(2_000) },
      );
  });
});
