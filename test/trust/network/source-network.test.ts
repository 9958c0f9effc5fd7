import assert from "node:assert/strict";
import { isIPv4, isIPv6 } from "node:net";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { parseIpNetwork } from "../../../src/trust/network/ip-network.ts";
import { neighbourhood, sourceNetwork } from "../../../src/trust/network/source-network.ts";

function toText(groups: readonly number[]): string {
  return groups.map((group) => group.toString(16)).join(":");
}

describe("source network", () => {
  const cases: readonly (readonly [string | undefined, string])[] = [
    [undefined, "local"],
    ["192.0.2.1", "192.0.2.1"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["::FFFF:c000:201", "192.0.2.1"],
    ["0:0:0:0:0:ffff:192.0.2.1", "192.0.2.1"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:0DB8:0001:0002::", "2001:db8:1:2::/64"],
    ["2001:db8::1", "2001:db8::/64"],
    ["2001:db8:0:1::1", "2001:db8:0:1::/64"],
    ["2001:db8:1::2:3:4:5", "2001:db8:1::/64"],
    ["fe80::1%eth0", "fe80::/64"],
    ["fe80::1%25", "fe80::/64"],
    ["::1", "::/64"],
    ["::", "::/64"],
    ["::ffff:0:192.0.2.1", "::/64"],
    ["1:2:3:4:5:6:192.0.2.1", "1:2:3:4::/64"],
    ["1:2:3:4:5:6:7::", "1:2:3:4::/64"],
  ];
  for (const [address, network] of cases) {
    it(`of ${address ?? "a Unix socket"} is ${network}`, () => {
      assert.equal(sourceNetwork(address), network);
    });
  }

  it("of anything that is no address is one and the same", () => {
    const texts = [
      "",
      ":",
      ":::",
      "1::2::3",
      "1.2.3",
      "1.2.3.4.",
      "01.2.3.4",
      "256.1.1.1",
      "1:2:3:4:5:6:7",
      "::12345",
    ];
    const more = [
      "1:2:3:4:5:6:7:8:9",
      "1:2:3:4:5:6:7::8",
      "1.2.3.4::",
      "::1.2.3.4:5",
      "g::",
      "localhost",
      "::%",
      "[::1]",
    ];
    const unknown = [...texts, ...more].map(sourceNetwork);
    assert.deepEqual([...new Set(unknown)], ["unknown"]);
  });

  it("is the same for all addresses of a /64, and another for other ones", () => {
    const half = fc.array(fc.nat(0xffff), { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(half, half, half, half, (front, other, back, end) => {
        fc.pre(front.some((group) => group !== 0) && other.some((group) => group !== 0));
        const network = sourceNetwork(toText([...front, ...back]));
        assert.equal(sourceNetwork(toText([...front, ...end])), network);
        assert.equal(sourceNetwork(network.replace("/64", "1")), network);
        assert.equal(sourceNetwork(toText([...other, ...end])) === network, toText(front) === toText(other));
      }),
    );
  });

  it("agrees with Node on what an address is", () => {
    const fragments = fc.constantFrom(
      "0",
      "1",
      "ffff",
      ":",
      "::",
      ".",
      "255",
      "256",
      "1.2.3.4",
      "01",
      "::ffff:",
      "a:b:c:d",
    );
    const texts = fc.oneof(
      fc.ipV4(),
      fc.ipV6(),
      fc.array(fragments, { maxLength: 9 }).map((parts) => parts.join("")),
    );
    fc.assert(
      fc.property(texts, (text) => {
        assert.equal(sourceNetwork(text) !== "unknown", isIPv4(text) || isIPv6(text), text);
      }),
      { numRuns: 3000 },
    );
  });

  it("comes out of any text without an exception", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => typeof sourceNetwork(text) === "string"));
  });
});

describe("neighbourhood", () => {
  const cases: readonly (readonly [string | null, string | null])[] = [
    ["192.0.2.77", "192.0.2.0/24"],
    ["::ffff:192.0.2.77", "192.0.2.0/24"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["::1", "::/64"],
    ["fe80::1%eth0", "fe80::/64"],
    [null, null],
    ["", null],
    ["/run/socket", null],
  ];
  for (const [address, network] of cases) {
    it(`of ${address ?? "nothing"} is ${network ?? "nothing"}`, () => {
      assert.equal(neighbourhood(address), network);
      if (network !== null) assert.notEqual(parseIpNetwork(network), undefined);
    });
  }
});
