import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Endorsed, judgeEndorsement } from "../../../src/trust/judging/judge-endorsement.ts";
import type { KeyPin, KeyRecord, KeyState } from "../../../src/trust/records/key-record.ts";
import type { ShownEndorsement } from "../../../src/trust/records/showing.ts";
import type { Knowledge } from "../../../src/trust/port/knowledge.ts";
import { randomPin } from "../../support/certificates.ts";

const NOW = Date.UTC(2030, 0, 1);
const DAY_MS = 24 * 3600 * 1000;
const NEW = randomPin();
const OLD = randomPin();
const OLDER = randomPin();

function record(pin: KeyPin, state: KeyState, over: Partial<KeyRecord> = {}): KeyRecord {
  return {
    pin,
    state,
    peer: state === "pending" ? null : "anna",
    nameKey: state === "pending" ? null : "anna",
    claimedName: "anna",
    claimedKey: "anna",
    newName: null,
    newKey: null,
    source: "first-use",
    fingerprint: "",
    firstSeen: 0,
    firstAddress: null,
    expires: state === "pending" ? NOW + 1000 : null,
    conflictsWith: null,
    staleSeen: false,
    endorsesFrom: 0,
    note: null,
    version: 1,
    ...over,
  };
}

function link(oldPin: KeyPin, over: Partial<ShownEndorsement> = {}): ShownEndorsement {
  return { oldPin, issuedAt: NOW - 1000, verify: () => true, ...over };
}

type KnownEndorsers = Pick<Knowledge, "key" | "isForgotten">;

function knowing(keys: readonly KeyRecord[], forgotten: readonly KeyPin[] = []): KnownEndorsers {
  return {
    key: (pin) => keys.find((key) => key.pin === pin),
    isForgotten: (pin) => forgotten.includes(pin),
  };
}

function judged(links: readonly ShownEndorsement[], known: KnownEndorsers): string {
  const endorsed: Endorsed = judgeEndorsement(NEW, links, known, NOW);
  if (endorsed.kind === "void") return endorsed.concern.problem;
  return endorsed.kind === "endorsed" ? `by ${endorsed.by.pin === OLD ? "old" : "older"}` : "none";
}

describe("judgeEndorsement", () => {
  it("verifies from the known key on, so that a forgery costs nothing with keys of its maker's choice", () => {
    const verified: string[] = [];
    const told = (name: string, isGenuine: boolean) => (): boolean => {
      verified.push(name);
      return isGenuine;
    };
    const links = (isGenuine: boolean): readonly ShownEndorsement[] => [
      link(randomPin(), { verify: told("newest", true) }),
      link(OLD, { verify: told("middle", true) }),
      link(OLDER, { verify: told("by the known key", isGenuine) }),
    ];
    const known = knowing([record(OLDER, "trusted")]);
    assert.equal(judged(links(false), known), "bad-endorsement");
    assert.deepEqual(verified.splice(0), ["by the known key"]);
    assert.equal(judged(links(true), known), "by older");
    assert.deepEqual(verified, ["by the known key", "middle", "newest"]);
  });

  it("takes the word of a trusted key, directly or over keys that nobody knows", () => {
    assert.equal(judged([], knowing([])), "none");
    assert.equal(judged([link(OLD)], knowing([record(OLD, "trusted")])), "by old");
    assert.equal(judged([link(OLD), link(OLDER)], knowing([record(OLDER, "trusted")])), "by older");
    const pending = knowing([record(OLD, "pending"), record(OLDER, "trusted")]);
    assert.equal(judged([link(OLD), link(OLDER)], pending), "by older");
  });

  it("asks the newest key that it knows, and no other", () => {
    for (const state of ["revoked", "retired", "ignored"] as const) {
      const known = knowing([record(OLD, state), record(OLDER, "trusted")]);
      assert.equal(judged([link(OLD), link(OLDER)], known), `endorsed-by-${state}`);
    }
    const both = knowing([record(OLD, "trusted"), record(OLDER, "revoked")]);
    assert.equal(judged([link(OLD), link(OLDER)], both), "by old");
  });

  it("verifies every signature up to that key, and none for strangers", () => {
    const known = knowing([record(OLDER, "trusted")]);
    const broken = { verify: () => false };
    assert.equal(judged([link(OLD, broken), link(OLDER)], known), "bad-endorsement");
    assert.equal(judged([link(OLD), link(OLDER, broken)], known), "bad-endorsement");
    const neverAsked = { verify: () => assert.fail("verified for a stranger") };
    assert.equal(
      judged([link(OLD, neverAsked), link(OLDER, neverAsked)], knowing([])),
      "endorsed-by-unknown",
    );
    const behind = [link(OLD), link(OLDER, neverAsked)];
    assert.equal(judged(behind, knowing([record(OLD, "trusted")])), "by old");
  });

  it("does not say which keys are known to who cannot sign for them", () => {
    for (const state of ["trusted", "revoked", "retired", "ignored"] as const) {
      const forged = [link(OLD, { verify: () => false })];
      assert.equal(judged(forged, knowing([record(OLD, state)])), "bad-endorsement");
    }
    assert.equal(judged([link(OLD, { verify: () => false })], knowing([], [OLD])), "bad-endorsement");
  });

  it("takes nothing from a key that was forgotten, nor for one", () => {
    assert.equal(judged([link(OLD)], knowing([], [OLD])), "endorsed-by-forgotten");
    assert.equal(judged([link(OLD)], knowing([record(OLD, "pending")], [OLD])), "endorsed-by-forgotten");
  });

  it("takes nothing from a key that was set aside, nor over it from the one that endorsed it", () => {
    const known = knowing([record(OLD, "pending", { expires: null }), record(OLDER, "trusted")]);
    assert.equal(judged([link(OLD)], known), "endorsed-by-set-aside");
    assert.equal(judged([link(OLD), link(OLDER)], known), "endorsed-by-set-aside");
    assert.equal(judged([link(OLD)], knowing([record(OLD, "trusted")], [NEW])), "endorsed-key-forgotten");
    const around = knowing([record(OLDER, "trusted")], [OLD]);
    assert.equal(judged([link(OLD), link(OLDER)], around), "endorsed-by-forgotten");
  });

  it("takes nothing that was issued before the key was trusted again, or that is from tomorrow", () => {
    const again = knowing([record(OLD, "trusted", { endorsesFrom: NOW - 500 })]);
    assert.equal(judged([link(OLD, { issuedAt: NOW - 501 })], again), "endorsement-outdated");
    assert.equal(judged([link(OLD, { issuedAt: NOW - 500 })], again), "by old");
    const known = knowing([record(OLD, "trusted")]);
    assert.equal(judged([link(OLD, { issuedAt: NOW + DAY_MS })], known), "by old");
    assert.equal(judged([link(OLD, { issuedAt: NOW + DAY_MS + 1 })], known), "endorsement-not-yet-valid");
  });

  it("takes nothing from a key whose approval has ended", () => {
    assert.equal(
      judged([link(OLD)], knowing([record(OLD, "trusted", { expires: NOW })])),
      "endorsed-by-expired",
    );
    assert.equal(judged([link(OLD)], knowing([record(OLD, "trusted", { expires: NOW + 1 })])), "by old");
  });
});
