import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { TrustEvent } from "../../src/trust/records/events.ts";
import type { KeyPin } from "../../src/trust/records/key-record.ts";
import { toTrustChanges } from "../../src/trust/trust-change.ts";

const PIN = "sha256:anna" as KeyPin;
const AT = "2030-01-01T00:00:00.000Z";

function event(type: TrustEvent["type"], over: Partial<TrustEvent> = {}): TrustEvent {
  const actor = { user: "operator", process: "test 1", address: null, listener: null };
  const facts = { before: null, after: null, details: {} };
  return { sequence: 1, at: AT, type, actor, pin: PIN, peer: "Anna", ...facts, ...over };
}

const left = event("group-removed", { pin: null, details: { group: "Lab" } });

describe("what events say of a key", () => {
  it("is how it fell, though it is trusted again", () => {
    const events = [
      event("revoked", { before: "trusted", after: "revoked" }),
      event("approved", { before: "revoked", after: "trusted", details: { expires: null } }),
    ];
    assert.equal(toTrustChanges(events, () => []).get(PIN)?.fell, "revoked");
  });

  it("is no fall when there was no trust to lose", () => {
    const events = [
      event("ignored", { before: "pending", after: "ignored" }),
      event("forgotten", { before: "ignored" }),
    ];
    assert.deepEqual(
      [...toTrustChanges(events, () => [])],
      [[PIN, { fell: undefined, leftGroups: [], formerNames: [] }]],
    );
  });

  it("is that it ended by an approval until a moment that was past", () => {
    const expired = event("approved", { before: "trusted", after: "trusted", details: { expires: AT } });
    assert.equal(toTrustChanges([expired], () => []).get(PIN)?.fell, "expired");
  });

  it("is which groups its peer left, whoever has the name now", () => {
    assert.deepEqual(toTrustChanges([left], (name) => (name === "anna" ? [PIN] : [])).get(PIN)?.leftGroups, [
      "lab",
    ]);
  });

  it("is which groups its peer left before it got another name", () => {
    const renamed = event("renamed", { peer: "Bea", details: { formerName: "Anna" } });
    const change = toTrustChanges([left, renamed], () => []).get(PIN);
    assert.deepEqual([change?.leftGroups, change?.formerNames], [["lab"], ["Anna"]]);
  });
});
