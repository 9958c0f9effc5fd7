import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { assert as assertProperty, constantFrom, property, uint8Array } from "fast-check";
import { isHandclaspError } from "../../../src/errors.ts";
import { crc32c } from "../../../src/gateway/proxy-protocol/crc32c.ts";
import { readProxyHeader } from "../../../src/gateway/proxy-protocol/read-proxy-header.ts";
import { headerV2, rawV2 } from "../support/proxy-header.ts";

const MALFORMED = { code: "ERR_HANDCLASP_MALFORMED" };

function read(bytes: Uint8Array | string): ReturnType<typeof readProxyHeader> {
  return readProxyHeader(Buffer.from(bytes));
}

function sourceOf(bytes: Uint8Array | string): string | undefined {
  const from = read(bytes)?.from;
  return typeof from === "object" ? from.sourceAddress : from;
}

function checksum(header: Buffer, at: number): Buffer {
  header.writeUInt32BE(crc32c(header), at);
  return header;
}

describe("readProxyHeader", () => {
  it("reads version 1 over IPv4 and IPv6, and leaves what follows alone", () => {
    const line = "PROXY TCP4 198.51.100.7 203.0.113.9 40000 443\r\n";
    assert.deepEqual(read(`${line}rest`), {
      bytes: line.length,
      from: {
        sourceAddress: "198.51.100.7",
        destinationAddress: "203.0.113.9",
        sourcePort: 40_000,
        destinationPort: 443,
      },
    });
    assert.equal(sourceOf("PROXY TCP6 2001:db8::7 2001:db8::9 1 2\r\n"), "2001:db8::7");
  });

  it("spells addresses of version 1 as a socket does, however they are written", () => {
    for (const [written, meant] of [
      ["2001:0DB8:0000:0000:0000:0000:0000:0007", "2001:db8::7"],
      ["2001:DB8::7", "2001:db8::7"],
      ["2001:db8:0:0:0:0:0:7", "2001:db8::7"],
      ["::ffff:198.51.100.7", "198.51.100.7"],
      ["0:0:0:0:0:FFFF:C633:6407", "198.51.100.7"],
      ["::", "::"],
    ] as const) {
      assert.equal(sourceOf(`PROXY TCP6 ${written} ::1 1 2\r\n`), meant, written);
    }
  });

  it("takes UNKNOWN for a client of which nothing is known, whatever follows", () => {
    assert.deepEqual(read("PROXY UNKNOWN\r\n"), { bytes: 15, from: "unknown" });
    assert.equal(read("PROXY UNKNOWN ffff::1 whatever 0 0\r\n")?.from, "unknown");
  });

  it("reads version 2 over IPv4, IPv6 and Unix sockets", () => {
    assert.deepEqual(read(headerV2("198.51.100.7", 40_000)), {
      bytes: 28,
      from: {
        sourceAddress: "198.51.100.7",
        destinationAddress: "203.0.113.9",
        sourcePort: 40_000,
        destinationPort: 443,
      },
    });
    const addresses = Buffer.from(`20010db8${"0".repeat(23)}720010db8${"0".repeat(23)}900010002`, "hex");
    assert.equal(sourceOf(rawV2(0x21, 0x21, addresses)), "2001:db8::7");
    assert.equal(read(rawV2(0x21, 0x31, Buffer.alloc(216)))?.from, "unix");
  });

  it("believes no address of LOCAL, UNSPEC and datagrams, and takes LOCAL alone for the proxy's own", () => {
    for (const [command, family, from] of [
      [0x20, 0x11, undefined],
      [0x20, 0x00, undefined],
      [0x20, 0x12, undefined],
      [0x21, 0x00, "unknown"],
      [0x21, 0x01, "unknown"],
      [0x21, 0x02, "unknown"],
      [0x21, 0x12, "unknown"],
      [0x21, 0x10, "unknown"],
    ] as const) {
      const header = rawV2(command, family, headerV2("198.51.100.7", 1).subarray(16));
      assert.deepEqual(read(header), { bytes: header.length, from });
    }
    for (const family of [0x20, 0x22, 0x30, 0x32]) {
      assert.equal(read(rawV2(0x21, family, Buffer.alloc(216)))?.from, "unknown");
    }
    assert.deepEqual(read(rawV2(0x20, 0, new Uint8Array())), { bytes: 16, from: undefined });
  });

  it("verifies a checksum when there is one", () => {
    const tlv = Buffer.from("03000400000000", "hex");
    const good = checksum(headerV2("198.51.100.7", 1, tlv), 31);
    assert.equal(read(good)?.bytes, good.length);
    good[16] = 199;
    assert.throws(() => read(good), MALFORMED);
    assert.throws(() => read(headerV2("198.51.100.7", 1, Buffer.from("0300020000", "hex"))), MALFORMED);
  });

  it("knows the check value of CRC-32C", () => {
    assert.equal(crc32c(Buffer.from("123456789")), 0xe3069283);
  });

  it("refuses what is no header, as soon as that can be told", () => {
    const wrong: readonly (Uint8Array | string)[] = [
      "G",
      "GET / HTTP/1.1\r\n",
      Buffer.from("160301", "hex"),
      "PROXY TCP4 198.51.100.7 203.0.113.9 40000\r\n",
      "PROXY TCP4 198.51.100.7 203.0.113.9 40000 65536\r\n",
      "PROXY TCP4 198.51.100.07 203.0.113.9 4 5\r\n",
      "PROXY TCP4 ::1 ::1 4 5\r\n",
      "PROXY TCP6 fe80::1%eth0 ::1 4 5\r\n",
      "PROXY TCP5 ::1 ::1 4 5\r\n",
      "PROXY TCP4  198.51.100.7 203.0.113.9 4 5\r\n",
      `PROXY UNKNOWN ${"x".repeat(100)}`,
      rawV2(0x11, 0x11, Buffer.alloc(12)),
      rawV2(0x22, 0x11, Buffer.alloc(12)),
      rawV2(0x21, 0x41, Buffer.alloc(12)),
      rawV2(0x21, 0x13, Buffer.alloc(12)),
      rawV2(0x21, 0x11, Buffer.alloc(11)),
      rawV2(0x21, 0x11, Buffer.concat([Buffer.alloc(12), Buffer.from([4, 0, 9, 1])])),
      rawV2(0x21, 0x11, Buffer.alloc(16 * 1024 + 1)),
    ];
    for (const bytes of wrong) assert.throws(() => read(bytes), MALFORMED, String(bytes));
  });

  it("waits for the rest, however the bytes come", () => {
    const headers = [
      Buffer.from("PROXY TCP4 198.51.100.7 203.0.113.9 40000 443\r\n"),
      headerV2("198.51.100.7", 40_000, Buffer.from("0400020000", "hex")),
    ];
    for (const header of headers) {
      for (let length = 0; length < header.length; length++) {
        assert.equal(read(header.subarray(0, length)), undefined, `${length} bytes`);
      }
      assert.equal(read(Buffer.concat([header, Buffer.from("tls")]))?.bytes, header.length);
    }
  });

  it("throws only our error for any bytes", () => {
    const beginnings = [Buffer.from("PROXY "), headerV2("198.51.100.7", 1).subarray(0, 16), Buffer.alloc(0)];
    assertProperty(
      property(constantFrom(...beginnings), uint8Array({ maxLength: 300 }), (beginning, bytes) => {
        try {
          const header = read(Buffer.concat([beginning, bytes]));
          assert.ok(header === undefined || header.bytes <= beginning.length + bytes.length);
        } catch (error) {
          assert.ok(isHandclaspError(error, "ERR_HANDCLASP_MALFORMED"), String(error));
        }
      }),
    );
  });
});
