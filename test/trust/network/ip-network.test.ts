import assert from "node:assert/strict";
import { BlockList, isIP } from "node:net";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import {
  isInNetwork,
  parseIpAddress,
  parseIpNetwork,
  plainAddress,
} from "../../../src/trust/network/ip-network.ts";

function family(address: string): "ipv4" | "ipv6" {
  return isIP(address) === 4 ? "ipv4" : "ipv6";
}

describe("plainAddress", () => {
  it("writes an IPv4 address in its own form, however it came, and nothing else in another", () => {
    for (const [text, plain] of [
      ["::ffff:192.0.2.1", "192.0.2.1"],
      ["::FFFF:c000:0201", "192.0.2.1"],
      ["0:0:0:0:0:ffff:192.0.2.1", "192.0.2.1"],
      ["192.0.2.1", "192.0.2.1"],
      ["::ffff:0:192.0.2.1", "::ffff:0:192.0.2.1"],
      ["::192.0.2.1", "::192.0.2.1"],
      ["2001:db8:ffff::1", "2001:db8:ffff::1"],
      ["fe80::ffff:1%eth0", "fe80::ffff:1%eth0"],
      ["::ffff:192.0.2.256", "::ffff:192.0.2.256"],
      ["local", "local"],
    ] as const) {
      assert.equal(plainAddress(text), plain);
    }
  });
});

describe("parseIpNetwork", () => {
  it("reads CIDR, and an address alone as the network of that one", () => {
    assert.deepEqual(parseIpNetwork("192.0.2.0/24"), { address: [192, 0, 2, 0], prefix: 24 });
    assert.deepEqual(parseIpNetwork("192.0.2.7"), { address: [192, 0, 2, 7], prefix: 32 });
    assert.equal(parseIpNetwork("2001:db8::/32")?.prefix, 32);
    assert.equal(parseIpNetwork("::1")?.prefix, 128);
    assert.equal(parseIpNetwork("0.0.0.0/0")?.prefix, 0);
  });

  it("refuses what could be meant in more than one way", () => {
    for (const text of [
      "",
      "/",
      "192.0.2.7/24",
      "192.0.2.0/33",
      "192.0.2.0/024",
      "192.0.2.0/+1",
      "192.0.2.0/ 24",
      "192.0.2.0/24/24",
      "192.0.2/24",
      "192.0.2.010",
      "0xc0.0.2.0",
      "192.0.2.256",
      "2001:db8::1/32",
      "2001:db8::/129",
      "2001:db8::1::",
      "fe80::%eth0/10",
      "::ffff:192.0.2.0/120",
      "example.org",
      "192.0.2.0/24 ",
    ]) {
      assert.equal(parseIpNetwork(text), undefined, text);
    }
  });
});

describe("isInNetwork", () => {
  it("agrees with Node's own list of blocked networks", () => {
    const two = fc.oneof(fc.tuple(fc.ipV4(), fc.ipV4()), fc.tuple(fc.ipV6(), fc.ipV6()));
    fc.assert(
      fc.property(two, fc.nat(128), ([base, client], bits) => {
        const bytes = parseIpAddress(base);
        assert.ok(bytes);
        const length = bits % (bytes.length * 8 + 1);
        const network = { address: bytes, prefix: length };
        const list = new BlockList();
        fc.pre(bytes.length === parseIpAddress(client)?.length);
        list.addSubnet(base, length, family(base));
        assert.equal(isInNetwork(network, client), list.check(client, family(client)));
      }),
      { numRuns: 2000 },
    );
  });

  it("takes the neighbours inside a prefix, and none outside", () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.integer({ min: 1, max: 32 }), (base, prefix) => {
        const address = parseIpAddress(base);
        assert.ok(address);
        const flipped = address.map(
          (byte, at) => byte ^ (at === (prefix - 1) >> 3 ? 1 << (7 - ((prefix - 1) & 7)) : 0),
        );
        assert.ok(isInNetwork({ address, prefix }, base));
        assert.ok(!isInNetwork({ address, prefix }, flipped.join(".")));
        assert.ok(!isInNetwork({ address, prefix }, `::ffff:${flipped.join(".")}`));
        if (prefix > 1) assert.ok(isInNetwork({ address, prefix: prefix - 1 }, flipped.join(".")));
      }),
    );
  });
});
