import assert from "node:assert/strict";
import { createPrivateKey } from "node:crypto";
import { describe, it } from "node:test";
import { Admission, type AdmissionTrust, type ClientCertificate } from "../../src/admission/admission.ts";
import type { Admitted, Outcome, Refused } from "../../src/admission/outcome.ts";
import { ownPinsOf } from "../../src/admission/own-pins.ts";
import { Operator } from "../../src/operator/operator.ts";
import { openMemoryStore } from "../../src/store/sqlite/memory-store.ts";
import type { JoinToken } from "../../src/trust/naming/join-token.ts";
import type { Policy } from "../../src/trust/records/policy.ts";
import { Trust } from "../../src/trust/trust.ts";
import { signJoinProof } from "../../src/x509/join-proof.ts";
import { reissueCertificate } from "../../src/x509/reissue-certificate.ts";
import { identity, type TestIdentity } from "../guard/support/identities.ts";
import { altered } from "../guard/support/verdicts.ts";
import { keysIn, refusalsIn } from "../support/listed.ts";
import { renewed, successorOf } from "../support/successor.ts";
import { FieldEncounter, type FieldEncounterOptions } from "./support/field-encounter.ts";

interface OfficeOptions {
  readonly policy?: Partial<Policy>;
  readonly clientCertificate?: ClientCertificate;
  readonly through?: (trust: Trust, operator: Operator) => AdmissionTrust;
}

/** Admission over a trust store of its own, for whoever comes with a certificate in a field. */
class Office implements AsyncDisposable {
  readonly trust: Trust;
  readonly operator: Operator;
  readonly admission: Admission;

  constructor({ policy, clientCertificate = "required", through }: OfficeOptions = {}) {
    const store = openMemoryStore();
    const options = { policy: { firstUse: "accept", ...policy }, now: Date.now, process: "test" } as const;
    this.trust = new Trust(store, options);
    this.operator = new Operator(store, { user: "test", process: "test", now: Date.now });
    this.admission = new Admission(through?.(this.trust, this.operator) ?? this.trust, clientCertificate);
  }

  /** What becomes of a client in the end. */
  async receive(encounter: FieldEncounter): Promise<Exclude<Outcome, { decision: "claim" }>> {
    const outcome = this.admission.judge(encounter);
    if (outcome.decision !== "claim") return outcome;
    return new Promise((resolve) => this.admission.settle(outcome, resolve));
  }

  async show(who: TestIdentity, how?: FieldEncounterOptions): Promise<Admitted | Refused> {
    const outcome = await this.receive(fieldOf(who, how));
    return outcome.decision === "anonymous" ? assert.fail("taken for nobody") : outcome;
  }

  async refusals(): Promise<readonly string[]> {
    await this.trust.flush();
    return (await refusalsIn(this.trust.store)).map(({ reason }) => reason);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.trust[Symbol.asyncDispose]();
    await this.trust.store.close();
  }
}

function fieldOf({ cert }: TestIdentity, how?: FieldEncounterOptions): FieldEncounter {
  return new FieldEncounter(encodeURIComponent(cert), how);
}

function admitted(outcome: Outcome): Admitted {
  return outcome.decision === "admit" ? outcome : assert.fail(JSON.stringify(outcome));
}

function refused(outcome: Outcome): Refused {
  return outcome.decision === "refuse" ? outcome : assert.fail(JSON.stringify(outcome));
}

/** The identity with a proof that its key had the token. */
function proving({ key, facts }: TestIdentity, { id, seed, serverPin }: JoinToken): TestIdentity {
  const proof = { tokenId: Buffer.from(id, "hex"), seed, serverPin, spki: facts.spki };
  const privateKey = createPrivateKey(key);
  const joinProof = signJoinProof(proof);
  const reissued = reissueCertificate(facts.der, { privateKey, now: new Date(), joinProof });
  return { key, cert: reissued.certificatePem, facts: reissued.facts };
}

describe("admission, without any socket", () => {
  it("admits a key that nobody knows once the store has it, and knows it from then on", async () => {
    await using office = new Office();
    const anna = await identity("anna");
    const claimed = office.admission.judge(fieldOf(anna));
    assert.equal(claimed.decision, "claim");
    assert.equal(office.trust.store.key(anna.facts.pin), undefined);
    const met = admitted(await office.show(anna));
    assert.equal(met.verdict.peer, "anna");
    assert.equal(met.verdict.firstUse, true);
    assert.equal(met.certificate.fingerprint, anna.facts.fingerprint);
    assert.equal(office.trust.store.key(anna.facts.pin)?.state, "trusted");
    const again = admitted(office.admission.judge(fieldOf(anna)));
    assert.deepEqual([again.verdict.peer, again.verdict.firstUse], ["anna", false]);
  });

  it("asks of a known client for its certificate alone, and reads that only once", async () => {
    await using office = new Office();
    const anna = await identity("anna");
    await office.show(anna);
    const [first, second] = [fieldOf(anna), fieldOf(anna)];
    const outcomes = [first, second].map((encounter) => admitted(office.admission.judge(encounter)));
    assert.deepEqual([first.asked, second.asked], [["certificate"], ["certificate"]]);
    assert.equal(outcomes[0]?.certificate, outcomes[1]?.certificate);
  });

  it("notes when a client that it admits was seen", async () => {
    await using office = new Office();
    const anna = await identity("anna");
    await office.show(anna);
    await office.show(anna);
    await office.trust.flush();
    const [key] = await keysIn(office.trust.store);
    assert.equal(key?.pin, anna.facts.pin);
    assert.notEqual(key?.lastSeen, null);
  });

  it("has a stranger wait for review, and says so on record", async () => {
    await using office = new Office({ policy: { firstUse: "ask" } });
    const anna = await identity("anna");
    const { verdict, failure } = refused(await office.show(anna));
    assert.deepEqual([verdict.reason, verdict.peer, verdict.pin], ["pending", "anna", anna.facts.pin]);
    assert.equal(failure, undefined);
    await office.trust.flush();
    const [refusal] = await refusalsIn(office.trust.store);
    assert.equal(refusal?.reason, "pending");
    assert.equal(refusal?.address, "192.0.2.7");
    assert.equal(refusal?.listener, "proxy");
    assert.match(refusal?.connection ?? "", /^request-\d+$/);
    await office.operator.approve("anna");
    admitted(await office.show(anna));
  });

  it("refuses strangers, those that a key of ours revoked, and who comes for another's name", async () => {
    await using office = new Office();
    const [anna, other] = [await identity("anna"), await identity("anna")];
    await office.show(anna);
    const conflict = refused(await office.show(other)).verdict;
    assert.deepEqual([conflict.reason, conflict.conflictsWith], ["key-changed", anna.facts.pin]);
    await office.operator.revoke("anna");
    assert.equal(refused(await office.show(anna)).verdict.reason, "revoked");
    await using closed = new Office({ policy: { firstUse: "refuse" } });
    assert.equal(refused(await closed.show(anna)).verdict.reason, "unknown");
    assert.deepEqual((await office.refusals()).toSorted(), ["key-changed", "revoked"]);
  });

  it("takes the signature of a CA that counts for an approval", async () => {
    await using office = new Office({ policy: { firstUse: "ask" } });
    const anna = await identity("anna");
    admitted(await office.show(anna, { caSigned: true }));
    assert.equal(office.trust.store.key(anna.facts.pin)?.source, "ca");
  });

  it("calls a known key's other certificate renewed, but not one out of a resumed session", async () => {
    await using office = new Office();
    const anna = await identity("anna");
    await office.show(anna);
    const later = renewed(anna);
    assert.equal(admitted(await office.show(later, { resumed: true })).verdict.renewed, false);
    assert.equal(admitted(await office.show(later)).verdict.renewed, true);
  });

  it("takes a join token whose proof names our key, or one that it replaced", async () => {
    const old = await identity("gw");
    const now = await successorOf(old);
    for (const [serverPin, ownPins, expected] of [
      [old.facts.pin, ownPinsOf(old.facts.der), "admit"],
      [old.facts.pin, ownPinsOf(now.facts.der), "admit"],
      [now.facts.pin, ownPinsOf(old.facts.der), "wrong-server"],
      [old.facts.pin, [], "wrong-server"],
    ] as const) {
      await using office = new Office({ policy: { firstUse: "refuse" } });
      const token = await office.operator.createToken({ peer: "laptop", servers: ["gw:443"], serverPin });
      const outcome = await office.show(proving(await identity("anna"), token), { ownPins });
      if (expected === "admit") assert.equal(admitted(outcome).verdict.peer, "laptop");
      else assert.equal(refused(outcome).verdict.concern?.problem, expected);
    }
  });

  it("lets a key that the former one endorsed take its place", async () => {
    await using office = new Office({ policy: { firstUse: "refuse", rotation: "accept" } });
    const anna = await identity("anna");
    await office.operator.import(anna.facts);
    const { verdict } = admitted(await office.show(await successorOf(anna)));
    assert.deepEqual([verdict.peer, verdict.rotated, verdict.firstUse], ["anna", true, false]);
    assert.equal(refused(await office.show(anna)).verdict.reason, "retired");
  });

  for (const [clientCertificate, expected] of [
    ["none", "anonymous"],
    ["optional", "anonymous"],
    ["required", "no-certificate"],
  ] as const) {
    it(`takes a client without a certificate for ${expected} where that is ${clientCertificate}`, async () => {
      await using office = new Office({ clientCertificate });
      const outcome = office.admission.judge(new FieldEncounter(""));
      assert.equal(outcome.decision === "refuse" ? outcome.verdict.reason : outcome.decision, expected);
      assert.deepEqual(await office.refusals(), expected === "no-certificate" ? [expected] : []);
    });
  }

  it("refuses what cannot be read, as the client's doing, with the fingerprint where there are bytes", async () => {
    await using office = new Office({ clientCertificate: "optional" });
    const noPem = refused(office.admission.judge(new FieldEncounter("nonsense")));
    assert.deepEqual([noPem.verdict.reason, noPem.verdict.fingerprint], ["malformed-certificate", undefined]);
    const pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----";
    const noDer = refused(office.admission.judge(new FieldEncounter(encodeURIComponent(pem))));
    assert.equal(noDer.verdict.reason, "malformed-certificate");
    assert.match(noDer.verdict.fingerprint ?? "", /^[0-9a-f]{64}$/);
    assert.deepEqual([noPem.failure, noDer.failure], [undefined, undefined]);
  });

  it("refuses when it fails itself, and says what failed", async () => {
    await using office = new Office();
    const failing = new FieldEncounter("%");
    const { verdict, failure } = refused(office.admission.judge(failing));
    assert.equal(verdict.reason, "store-unavailable");
    assert.ok(failure instanceof URIError);
  });

  it("refuses a claim that cannot be settled", async () => {
    const failure = new Error("gone");
    const through = (trust: Trust): AdmissionTrust =>
      altered(trust, { settle: () => Promise.reject(failure) });
    await using office = new Office({ through });
    const outcome = refused(await office.show(await identity("anna")));
    assert.equal(outcome.verdict.reason, "store-unavailable");
    assert.equal(outcome.failure, failure);
  });

  it("lets in by the name, and until the moment, that the key has once the claim is settled", async () => {
    const expires = Date.now() + 3600_000;
    const through = (trust: Trust, operator: Operator): AdmissionTrust =>
      altered(trust, {
        async settle(claim, showing) {
          const settled = await trust.settle(claim, showing);
          await operator.approve(claim.pin, { expires });
          await operator.rename("anna", "bert");
          return settled;
        },
      });
    await using office = new Office({ through });
    const { verdict } = admitted(await office.show(await identity("anna")));
    assert.deepEqual([verdict.peer, verdict.until], ["bert", expires]);
  });

  it("refuses who lost the trust while the claim was being settled", async () => {
    const [revoked, setAside, forgotten] = ["revoked", "pending", "unknown"] as const;
    const act = {
      [revoked]: (operator: Operator) => operator.revoke("anna"),
      [setAside]: (operator: Operator) => operator.setAside("anna"),
      [forgotten]: (operator: Operator) => operator.forget("anna"),
    };
    for (const reason of [revoked, setAside, forgotten]) {
      const through = (trust: Trust, operator: Operator): AdmissionTrust =>
        altered(trust, {
          async settle(claim, showing) {
            const settled = await trust.settle(claim, showing);
            await act[reason](operator);
            return settled;
          },
        });
      await using office = new Office({ through });
      assert.equal(refused(await office.show(await identity("anna"))).verdict.reason, reason);
    }
  });
});
