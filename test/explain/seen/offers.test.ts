import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  nameSuites,
  nameVersions,
  offersUsualAlgorithms,
  offersUsualGroups,
  offersUsualSuites,
  suitesOf,
  versionsOf,
} from "../../../src/explain/seen/offers.ts";
import { readClientHello } from "../../tls/observer/support/hellos.ts";

const [TLS_1_2, TLS_1_3] = [0x0303, 0x0304];
const GREASE = 0x1a1a;
const MODERN = [0x1301, 0x1302];
const CLASSIC = [0xc02b, 0xc02f];

function offer(supportedVersions: readonly number[], cipherSuites: readonly number[]): boolean {
  return offersUsualSuites(readClientHello({ supportedVersions, cipherSuites }));
}

describe("what a client offers", () => {
  it("is its versions, whichever field says them, and nothing that means nothing", () => {
    assert.deepEqual(versionsOf(readClientHello({ legacyVersion: TLS_1_2 })), [TLS_1_2]);
    assert.deepEqual(versionsOf(readClientHello({ supportedVersions: [GREASE, TLS_1_3] })), [TLS_1_3]);
  });

  it("has no suites that are only signals", () => {
    assert.deepEqual(suitesOf(readClientHello({ cipherSuites: [0x00ff, 0x5600, GREASE, 0x1301] })), [0x1301]);
  });

  it("has the usual suites when every version that it offers has those for both kinds of keys", () => {
    assert.equal(offer([TLS_1_3, TLS_1_2], [...MODERN, ...CLASSIC]), true);
    assert.equal(offer([TLS_1_3, TLS_1_2], MODERN), false);
    assert.equal(offer([TLS_1_3, TLS_1_2], CLASSIC), false);
    assert.equal(offer([TLS_1_3], MODERN), true);
    assert.equal(offer([TLS_1_2], [0xc02b]), false);
  });

  it("has the usual groups and algorithms only with all of them", () => {
    assert.equal(offersUsualGroups(readClientHello({ supportedGroups: [0x001d, 0x0017] })), true);
    assert.equal(offersUsualGroups(readClientHello({ supportedGroups: [0x001d] })), false);
    assert.equal(offersUsualGroups(readClientHello()), false);
    assert.equal(
      offersUsualAlgorithms(readClientHello({ signatureAlgorithms: [0x0403, 0x0804, 0x0401] })),
      true,
    );
    assert.equal(offersUsualAlgorithms(readClientHello({ signatureAlgorithms: [0x0403, 0x0804] })), false);
  });

  it("is told by names, eight of them at most", () => {
    assert.equal(nameVersions([]), "none");
    assert.equal(nameSuites([0x1301, 0xfefe]), "TLS_AES_128_GCM_SHA256, 0xfefe");
    assert.match(nameSuites(Array.from({ length: 10 }, () => 0x1301)), / and 2 more$/);
  });
});
