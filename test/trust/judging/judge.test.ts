import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isLapsed, judge, type KnownToJudge } from "../../../src/trust/judging/judge.ts";
import { toKeyId } from "../../../src/trust/naming/key-id.ts";
import type { KeyRecord, KeyState } from "../../../src/trust/records/key-record.ts";
import { nameKey } from "../../../src/trust/naming/peer-name.ts";
import type { FirstUseWindow } from "../../../src/trust/records/first-use-window.ts";
import type { Policy } from "../../../src/trust/records/policy.ts";
import type { Verdict } from "../../../src/trust/records/verdict.ts";
import type { CertificateFacts } from "../../../src/x509/certificate-facts.ts";
import { factsOf, randomPin } from "../../support/certificates.ts";

const NOW = Date.UTC(2030, 0, 1);
const ACCEPT: Policy = { firstUse: "accept", bind: "name", validity: "enforce", rotation: "accept" };
const ASK: Policy = { ...ACCEPT, firstUse: "ask" };
const REFUSE: Policy = { ...ACCEPT, firstUse: "refuse" };

function keyOf(certificate: CertificateFacts, state: KeyState, over: Partial<KeyRecord> = {}): KeyRecord {
  const name = certificate.claimedName ?? null;
  return {
    pin: certificate.pin,
    state,
    peer: state === "pending" ? null : name,
    nameKey: state === "pending" || name === null ? null : nameKey(name),
    claimedName: name,
    claimedKey: name === null ? null : nameKey(name),
    newName: null,
    newKey: null,
    source: "first-use",
    fingerprint: certificate.fingerprint,
    firstSeen: NOW - 1000,
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

interface Circumstances {
  readonly keys?: readonly KeyRecord[];
  readonly policy?: Policy;
  readonly caSigned?: boolean;
  readonly resumed?: boolean;
  readonly window?: FirstUseWindow | null;
}

function windowUntil(until: number, rails: Partial<FirstUseWindow> = {}): FirstUseWindow {
  return { event: 1, until, max: null, from: null, taken: 0, ...rails };
}

function verdictOn(certificate: CertificateFacts, circumstances: Circumstances = {}): Verdict {
  const { keys = [], policy = ACCEPT, caSigned = false, window = null } = circumstances;
  const { resumed = false } = circumstances;
  const known: KnownToJudge = {
    keysOfName: (name) => keys.filter(({ peer }) => peer !== null && nameKey(peer) === name),
    key: (pin) => keys.find((key) => key.pin === pin),
    isForgotten: () => false,
    token: () => undefined,
    firstUseWindow: () => window,
  };
  const showing = { certificate, caSigned, resumed, remoteAddress: "192.0.2.1" };
  return judge(showing, known.key(certificate.pin), known, policy, NOW);
}

function reasonOf(verdict: Verdict): string {
  return verdict.decision === "refuse" ? verdict.reason : verdict.decision;
}

describe("judge: a key never seen", () => {
  it("has a key that was set aside wait, whatever the policy and however the window stands", () => {
    const anna = factsOf("anna");
    for (const policy of [ACCEPT, ASK, REFUSE]) {
      const keys = [keyOf(anna, "pending", { peer: "anna", expires: null })];
      const verdict = verdictOn(anna, { keys, policy, caSigned: true, window: windowUntil(NOW + 1000) });
      assert.partialDeepStrictEqual(verdict, { decision: "refuse", reason: "pending", peer: "anna" });
      const rival = verdictOn(factsOf("anna"), { keys });
      assert.partialDeepStrictEqual(rival, { reason: "key-changed", conflictsWith: anna.pin });
    }
  });

  it("is claimed under the name it claims when first use is accepted", () => {
    const anna = factsOf("anna");
    assert.deepEqual(verdictOn(anna), {
      decision: "claim",
      peer: "anna",
      pin: anna.pin,
      source: "first-use",
    });
  });

  it("waits when first use is asked about, and is unknown when first use is refused", () => {
    assert.equal(reasonOf(verdictOn(factsOf("anna"), { policy: ASK })), "pending");
    assert.equal(reasonOf(verdictOn(factsOf("anna"), { policy: REFUSE })), "unknown");
  });

  it("is claimed while first use is open, whatever the policy", () => {
    for (const policy of [ASK, REFUSE]) {
      assert.equal(verdictOn(factsOf("anna"), { policy, window: windowUntil(NOW + 1) }).decision, "claim");
      assert.notEqual(verdictOn(factsOf("anna"), { policy, window: windowUntil(NOW) }).decision, "claim");
    }
  });

  it("meets the policy while first use is open for others, or for no more", () => {
    for (const [rails, isIn] of [
      [{ from: "192.0.2.0/24" }, true],
      [{ from: "198.51.100.0/24" }, false],
      [{ from: "not a network" }, false],
      [{ max: 3, taken: 2 }, true],
      [{ max: 3, taken: 3 }, false],
      [{ max: 3, taken: 0, from: "2001:db8::/32" }, false],
    ] as const) {
      const window = windowUntil(NOW + 1, rails);
      const asked = reasonOf(verdictOn(factsOf("anna"), { policy: ASK, window }));
      const refused = reasonOf(verdictOn(factsOf("anna"), { policy: REFUSE, window }));
      assert.deepEqual([asked, refused], isIn ? ["claim", "claim"] : ["pending", "unknown"]);
    }
  });

  it("is a conflict when its name has another key, in whichever state that is and however it is spelled", () => {
    for (const state of ["trusted", "revoked", "ignored", "retired"] as const) {
      const holder = keyOf(factsOf("Anna"), state);
      for (const policy of [ACCEPT, ASK]) {
        const verdict = verdictOn(factsOf("ＡＮＮＡ"), { keys: [holder], policy });
        assert.equal(reasonOf(verdict), "key-changed");
        assert.equal(verdict.decision === "refuse" && verdict.conflictsWith, holder.pin);
      }
    }
  });

  it("is named by its key id when it claims no name, or when keys are bound", () => {
    const nobody = factsOf(undefined);
    assert.equal(verdictOn(nobody).peer, toKeyId(nobody.pin));
    const anna = factsOf("anna");
    const holder = keyOf(factsOf("anna"), "trusted");
    const verdict = verdictOn(anna, { keys: [holder], policy: { ...ACCEPT, bind: "key" } });
    assert.equal(verdict.decision, "claim");
    assert.equal(verdict.peer, toKeyId(anna.pin));
  });

  it("cannot take a name that is hostile or looks like a key", () => {
    for (const name of [
      "a\nb",
      "\u001b[31mred",
      "\u202eanna",
      "a\0",
      "",
      randomPin(),
      toKeyId(randomPin()),
    ]) {
      assert.equal(reasonOf(verdictOn(factsOf(name))), "malformed-certificate", JSON.stringify(name));
    }
  });

  it("cannot take a word of lists, in any spelling, but conflicts with who has it", () => {
    for (const name of ["anyone", "ANY-PEER", "\uff4eetwork:10.0.0.0/8", "Group:lab", "name:x"]) {
      for (const policy of [ACCEPT, ASK]) {
        const verdict = verdictOn(factsOf(name), { policy });
        assert.partialDeepStrictEqual(verdict, { reason: "malformed-certificate" }, name);
        assert.match("problem" in verdict ? (verdict.problem ?? "") : "", /means something else in lists/);
        const keys = [keyOf(factsOf(name), "trusted")];
        assert.equal(reasonOf(verdictOn(factsOf(name), { keys, policy })), "key-changed", name);
      }
      const former = factsOf(name);
      assert.equal(verdictOn(former, { keys: [keyOf(former, "trusted")] }).decision, "admit", name);
    }
  });

  it("cannot be bound by a name that cannot be read, and says what is wrong with it", () => {
    const certificate = factsOf(undefined, {
      nameProblem: "certificate.subject at byte 9: has 2 common names",
    });
    const refused = verdictOn(certificate);
    assert.partialDeepStrictEqual(refused, {
      reason: "malformed-certificate",
      pin: certificate.pin,
      problem: certificate.nameProblem,
    });
    const hostile = verdictOn(factsOf("a\nb"));
    assert.match(
      hostile.decision === "refuse" ? (hostile.problem ?? "") : "",
      /cannot be a name: .*U\+000A/u,
    );
    const byKey = verdictOn(certificate, { policy: { ...ACCEPT, bind: "key" } });
    assert.equal(byKey.decision === "claim" && byKey.peer, toKeyId(certificate.pin));
  });

  it("passes without review when a trusted CA signed it, but not over another's name", () => {
    const verdict = verdictOn(factsOf("anna"), { policy: REFUSE, caSigned: true });
    assert.equal(verdict.decision === "claim" && verdict.source, "ca");
    const holder = keyOf(factsOf("anna"), "trusted");
    assert.equal(reasonOf(verdictOn(factsOf("anna"), { keys: [holder], caSigned: true })), "key-changed");
  });

  it("is refused outside its dates, unless dates are ignored", () => {
    const old = factsOf("anna", { notAfter: NOW - 1 });
    const early = factsOf("anna", { notBefore: NOW + 1 });
    assert.equal(reasonOf(verdictOn(old)), "expired");
    assert.equal(reasonOf(verdictOn(early)), "not-yet-valid");
    assert.equal(reasonOf(verdictOn(factsOf("anna", { notAfter: NOW, notBefore: NOW }))), "claim");
    const policy: Policy = { ...ACCEPT, validity: "ignore" };
    assert.equal(verdictOn(old, { policy }).decision, "claim");
    assert.equal(verdictOn(early, { policy }).decision, "claim");
  });
});

describe("judge: a trusted key", () => {
  it("is admitted under its peer's name in every mode", () => {
    const anna = factsOf("anna");
    for (const policy of [ACCEPT, ASK, REFUSE]) {
      assert.deepEqual(verdictOn(anna, { keys: [keyOf(anna, "trusted")], policy }), {
        decision: "admit",
        peer: "anna",
        pin: anna.pin,
        firstUse: false,
        renewed: false,
        rotated: false,
        until: null,
      });
    }
  });

  it("keeps the name the store gave it, whatever the certificate says", () => {
    const anna = factsOf("anna");
    const verdict = verdictOn(anna, { keys: [keyOf(anna, "trusted", { peer: "laptop of Anna" })] });
    assert.equal(verdict.peer, "laptop of Anna");
  });

  it("is admitted with a new certificate that claims the same name or none, as a renewal", () => {
    const anna = factsOf("anna");
    const keys = [keyOf(anna, "trusted")];
    for (const name of ["anna", "Anna", undefined]) {
      const verdict = verdictOn(factsOf(name, { pin: anna.pin }), { keys });
      assert.equal(verdict.decision === "admit" && verdict.renewed, true);
      assert.equal(verdict.peer, "anna");
    }
  });

  it("is not renewed by a session that is resumed: that carries the certificate it was made with", () => {
    const anna = factsOf("anna");
    const verdict = verdictOn(factsOf("anna", { pin: anna.pin }), {
      keys: [keyOf(anna, "trusted")],
      resumed: true,
    });
    assert.equal(verdict.decision === "admit" && verdict.renewed, false);
  });

  it("may claim the name that it was given, whatever it claimed when it was accepted", () => {
    const joined = factsOf("root@vm");
    const keys = [keyOf(joined, "trusted", { peer: "Laptop-Anna" })];
    for (const claimed of ["root@vm", "Laptop-Anna", "laptop-anna", undefined])
      assert.equal(verdictOn(factsOf(claimed, { pin: joined.pin }), { keys }).decision, "admit");
    assert.equal(reasonOf(verdictOn(factsOf("anna", { pin: joined.pin }), { keys })), "name-changed");
  });

  it("is refused when a renewed certificate claims another name, or a hostile one", () => {
    const anna = factsOf("anna");
    const keys = [keyOf(anna, "trusted")];
    assert.equal(reasonOf(verdictOn(factsOf("admin", { pin: anna.pin }), { keys })), "name-changed");
    assert.equal(
      reasonOf(verdictOn(factsOf("an\nna", { pin: anna.pin }), { keys })),
      "malformed-certificate",
    );
    const nameless = [keyOf(anna, "trusted", { claimedName: null, peer: toKeyId(anna.pin) })];
    const named = factsOf("anna", { pin: anna.pin });
    assert.equal(reasonOf(verdictOn(named, { keys: nameless })), "name-changed");
  });

  it("is refused when nobody can say what a renewed certificate claims, unless it is the one that was accepted", () => {
    const anna = factsOf(undefined, { nameProblem: "certificate.subject at byte 9: has 2 common names" });
    const keys = [keyOf(anna, "trusted", { peer: "anna", claimedName: null })];
    assert.equal(verdictOn(anna, { keys }).decision, "admit");
    const renewed = { ...anna, fingerprint: "0".repeat(64) };
    assert.equal(reasonOf(verdictOn(renewed, { keys })), "malformed-certificate");
    assert.equal(verdictOn(renewed, { keys, policy: { ...ACCEPT, bind: "key" } }).decision, "admit");
  });

  it("may claim what it likes when keys are bound", () => {
    const anna = factsOf("anna");
    const policy: Policy = { ...ACCEPT, bind: "key" };
    const verdict = verdictOn(factsOf("admin", { pin: anna.pin }), {
      keys: [keyOf(anna, "trusted")],
      policy,
    });
    assert.equal(verdict.decision, "admit");
    assert.equal(verdict.peer, "anna");
  });

  it("is refused from the moment its approval ends", () => {
    const anna = factsOf("anna");
    assert.equal(reasonOf(verdictOn(anna, { keys: [keyOf(anna, "trusted", { expires: NOW })] })), "expired");
    assert.equal(verdictOn(anna, { keys: [keyOf(anna, "trusted", { expires: NOW + 1 })] }).decision, "admit");
  });
});

describe("judge: other known keys", () => {
  it("refuses revoked, ignored and retired keys, before their dates and even when a CA signed them", () => {
    for (const state of ["revoked", "ignored", "retired"] as const) {
      const anna = factsOf("anna", { notAfter: NOW - 1 });
      const circumstances = { keys: [keyOf(anna, state)], caSigned: true, window: windowUntil(NOW + 1) };
      assert.equal(reasonOf(verdictOn(anna, circumstances)), state);
    }
  });

  it("treats a pending key by the mode it comes in", () => {
    const anna = factsOf("anna");
    const keys = [keyOf(anna, "pending")];
    assert.equal(reasonOf(verdictOn(anna, { keys, policy: ASK })), "pending");
    assert.equal(reasonOf(verdictOn(anna, { keys, policy: REFUSE })), "pending");
    assert.equal(verdictOn(anna, { keys, policy: ACCEPT }).decision, "claim");
  });

  it("goes on refusing a conflicting pending key as a changed key", () => {
    const anna = factsOf("anna");
    const holder = keyOf(factsOf("anna"), "trusted");
    const pending = keyOf(anna, "pending", { conflictsWith: holder.pin });
    for (const policy of [ACCEPT, ASK, REFUSE]) {
      assert.equal(reasonOf(verdictOn(anna, { keys: [holder, pending], policy })), "key-changed");
    }
  });

  it("forgets a pending key that nobody reviewed in time", () => {
    const anna = factsOf("anna");
    const lapsed = keyOf(anna, "pending", { expires: NOW });
    assert.equal(isLapsed(lapsed, NOW), true);
    assert.equal(reasonOf(verdictOn(anna, { keys: [lapsed], policy: REFUSE })), "unknown");
  });
});
