import assert from "node:assert/strict";
import { SocketAddress } from "node:net";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { formatIpAddress, parseIpAddress } from "../../../src/capture/network/ip-address.ts";

describe("IP address", () => {
  it("is written as Node writes it, and read back", () => {
    const group = fc.oneof(fc.constant(0), fc.nat(0xffff));
    fc.assert(
      fc.property(fc.array(group, { minLength: 8, maxLength: 8 }), (groups) => {
        const bytes = Uint8Array.from(groups.flatMap((value) => [value >> 8, value & 0xff]));
        const text = formatIpAddress(bytes);
        // Node writes addresses that embed IPv4 with dots; ours are the same address without.
        const embedsIpv4 = groups.slice(0, 5).every((value) => value === 0);
        if (!embedsIpv4) {
          const address = groups.map((value) => value.toString(16)).join(":");
          assert.equal(text, new SocketAddress({ family: "ipv6", address }).address);
          assert.deepEqual(parseIpAddress(text), bytes);
        }
      }),
    );
    assert.equal(formatIpAddress(Uint8Array.of(192, 0, 2, 1)), "192.0.2.1");
    assert.equal(formatIpAddress(new Uint8Array(16)), "::");
  });

  it("is read with a zone, and an IPv4-mapped one as IPv4", () => {
    assert.deepEqual(parseIpAddress("::ffff:192.0.2.1"), Uint8Array.of(192, 0, 2, 1));
    assert.equal(parseIpAddress("fe80::1%eth0")?.length, 16);
    assert.equal(formatIpAddress(parseIpAddress("1::2") ?? new Uint8Array(0)), "1::2");
  });

  it("is not read from other text", () => {
    for (const text of [
      "",
      "localhost",
      "1.2.3",
      "1.2.3.256",
      "1::2::3",
      "1:2:3",
      "12345::",
      "::1.2.3",
      "/run/a",
    ])
      assert.equal(parseIpAddress(text), undefined, text);
  });
});
