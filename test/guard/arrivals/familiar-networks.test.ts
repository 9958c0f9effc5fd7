import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FamiliarNetworks } from "../../../src/guard/arrivals/familiar-networks.ts";
import { sourceNetwork } from "../../../src/trust/network/source-network.ts";

describe("a network", () => {
  it("is familiar once a client of it was let in, until one is refused", () => {
    const networks = new FamiliarNetworks();
    assert.equal(networks.has(sourceNetwork("192.0.2.1")), false);
    networks.admitted(sourceNetwork("192.0.2.1"));
    assert.equal(networks.has(sourceNetwork("192.0.2.1")), true);
    assert.equal(networks.has(sourceNetwork("192.0.2.2")), false);
    networks.refused(sourceNetwork("192.0.2.1"));
    assert.equal(networks.has(sourceNetwork("192.0.2.1")), false);
  });

  it("is a /64 of IPv6", () => {
    const networks = new FamiliarNetworks();
    networks.admitted(sourceNetwork("2001:db8::1"));
    assert.equal(networks.has(sourceNetwork("2001:db8::ffff:1")), true);
    assert.equal(networks.has(sourceNetwork("2001:db8:0:1::1")), false);
  });

  it("is forgotten when 10 000 others had clients after it", () => {
    const networks = new FamiliarNetworks();
    networks.admitted(sourceNetwork("192.0.2.1"));
    networks.admitted(sourceNetwork("192.0.2.2"));
    networks.admitted(sourceNetwork("192.0.2.1"));
    for (let at = 0; at < 9_999; at++) networks.admitted(sourceNetwork(`10.1.${at >> 8}.${at & 255}`));
    assert.equal(networks.has(sourceNetwork("192.0.2.1")), true);
    assert.equal(networks.has(sourceNetwork("192.0.2.2")), false);
  });
});
