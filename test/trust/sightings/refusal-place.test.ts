import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { RefusalSighting } from "../../../src/trust/port/ledger.ts";
import { refusalPlace } from "../../../src/trust/sightings/refusal-place.ts";
import { randomPin } from "../../support/certificates.ts";

const REFUSAL: RefusalSighting = {
  pin: randomPin(),
  reason: "unknown",
  detail: null,
  problem: null,
  fingerprint: "ab",
  peer: null,
  address: "192.0.2.1",
  listener: null,
  connection: "c1",
  firstAt: 1,
  lastAt: 2,
  count: 3,
};

describe("the place of a refusal", () => {
  it("is one for what differs in time, words, connection and certificate alone", () => {
    const again = {
      ...REFUSAL,
      firstAt: 5,
      lastAt: 6,
      count: 1,
      connection: "c2",
      problem: "x",
      fingerprint: "cd",
    };
    assert.equal(refusalPlace(again), refusalPlace(REFUSAL));
  });

  it("is another one for each key, reason, detail, address and listener", () => {
    const others: readonly Partial<RefusalSighting>[] = [
      { pin: randomPin() },
      { reason: "revoked" },
      { detail: "unknown-token" },
      { address: "192.0.2.2" },
      { address: null },
      { listener: "main" },
    ];
    const places = others.map((over) => refusalPlace({ ...REFUSAL, ...over }));
    assert.equal(new Set([...places, refusalPlace(REFUSAL)]).size, others.length + 1);
  });

  it("goes by the certificate where there is no key", () => {
    const unread = { ...REFUSAL, pin: null };
    assert.notEqual(refusalPlace(unread), refusalPlace({ ...unread, fingerprint: "cd" }));
  });
});
