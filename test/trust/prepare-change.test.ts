import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import type { Change } from "../../src/trust/records/change.ts";
import { toKeyId } from "../../src/trust/naming/key-id.ts";
import { nameKey, toPeerName } from "../../src/trust/naming/peer-name.ts";
import { prepareChange } from "../../src/trust/prepare-change.ts";
import { toSeenCertificate } from "../../src/trust/judging/seen-certificate.ts";
import { claimOf } from "../../src/testing/contract/claims.ts";
import { factsOf } from "../support/certificates.ts";
import { below, DRAWN } from "./support/draws.ts";
import { randomChange, type Draw } from "./support/random-change.ts";

const AT = Date.UTC(2030, 0, 1);
const ORIGIN = { at: AT, actor: { user: "olga", process: "test 1", address: null, listener: null } };
const APPROVAL = { ...ORIGIN, peer: null, onConflict: "fail" } as const;

describe("prepareChange: names", () => {
  it("tames and folds the names that a change brings", () => {
    const claim = prepareChange({ ...claimOf(factsOf(" Anna.")), peer: "Ｂen " });
    assert.ok(claim.type === "claim");
    assert.deepEqual(claim.peer, { name: "Ｂen", nameKey: "ben" });
    assert.equal(claim.certificate.claimedName, "Anna");
    assert.equal(claim.certificate.claimedKey, "anna");
    const rename = prepareChange({ type: "rename", ...ORIGIN, key: "ANNA", peer: "Anna  B." });
    assert.ok(rename.type === "rename");
    assert.deepEqual(rename.peer, { name: "Anna B", nameKey: "anna b" });
    assert.ok(rename.key.kind === "name");
    assert.deepEqual(rename.key.nameKeys, ["anna"]);
  });

  it("refuses what cannot be a name, wherever it stands", () => {
    const facts = factsOf("anna");
    const certificate = { ...toSeenCertificate(facts), claimedName: "a\u202eb" };
    const bad: readonly Change[] = [
      { ...claimOf(facts), peer: "" },
      { ...claimOf(facts), certificate },
      { type: "renew", ...ORIGIN, certificate },
      { type: "note-name", ...ORIGIN, certificate },
      { type: "import", ...APPROVAL, certificate: toSeenCertificate(facts), peer: "a\u0000b" },
      { type: "approve", ...APPROVAL, key: facts.pin, peer: facts.pin },
      { type: "approve", ...APPROVAL, key: facts.pin, peer: toKeyId(facts.pin).toLowerCase() },
      { type: "rename", ...ORIGIN, key: "anna", peer: toKeyId(facts.pin) },
      { type: "add-to-group", ...ORIGIN, key: "anna", group: "\u2060" },
    ];
    for (const change of bad) {
      assert.throws(() => prepareChange(change), { code: "ERR_HANDCLASP_NAME" }, JSON.stringify(change));
    }
  });

  it("takes a key's own id as its name, and knows its fold", () => {
    const facts = factsOf(undefined);
    const id = toKeyId(facts.pin);
    const named = { name: id, nameKey: nameKey(id) };
    const certificate = toSeenCertificate(facts);
    const claim = prepareChange({ ...claimOf(facts), peer: id });
    const imported = prepareChange({ type: "import", ...APPROVAL, certificate, peer: id });
    const approve = prepareChange({ type: "approve", ...APPROVAL, key: facts.pin, peer: id });
    assert.ok(claim.type === "claim" && imported.type === "import" && approve.type === "approve");
    assert.deepEqual(claim.peer, named);
    assert.deepEqual(imported.peer, named);
    assert.deepEqual(approve.peer, { ...named, onlyFor: facts.pin });
    const others = toKeyId(factsOf(undefined).pin);
    assert.throws(() => prepareChange({ ...claimOf(facts), peer: others }), { code: "ERR_HANDCLASP_NAME" });
  });

  it("folds as names are compared, whatever they are", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 }), (text) => {
        fc.pre(toPeerName(text).ok);
        const change = prepareChange({ type: "rename", ...ORIGIN, key: text, peer: text });
        assert.ok(change.type === "rename" && change.key.kind === "name");
        assert.equal(change.peer.nameKey, nameKey(change.peer.name));
        assert.ok(change.key.nameKeys.includes(change.peer.nameKey));
      }),
    );
  });
});

describe("prepareChange: numbers", () => {
  const facts = factsOf("anna");
  const certificate = toSeenCertificate(facts);
  const pending = { pendingExpires: AT, maxPending: 9 };
  const endorsedBy = { pin: facts.pin, issuedAt: AT };
  const token = {
    id: "00".repeat(16),
    publicKey: new Uint8Array(32),
    peer: "ben",
    serverPin: facts.pin,
    from: null,
    replace: false,
  };
  const withNumber: Readonly<Record<string, (value: number) => Change>> = {
    at: (at) => ({ ...claimOf(facts), at }),
    until: (until) => ({ type: "open-first-use", ...ORIGIN, until }),
    "expires of an approval": (expires) => ({ type: "approve", ...APPROVAL, key: "anna", expires }),
    "expires of an import": (expires) => ({ type: "import", ...APPROVAL, certificate, expires }),
    "expires of a token": (expires) => ({ type: "create-token", ...ORIGIN, token: { ...token, expires } }),
    pendingExpires: (pendingExpires) => ({ ...claimOf(facts), pendingExpires }),
    maxPending: (maxPending) => ({ ...claimOf(facts), maxPending }),
    issuedAt: (issuedAt) => ({
      type: "rotate",
      ...ORIGIN,
      ...pending,
      certificate,
      endorsedBy: { ...endorsedBy, issuedAt },
    }),
  };
  for (const [name, changeWith] of Object.entries(withNumber)) {
    it(`refuses ${name} that is no number, a fraction, below zero or too large`, () => {
      assert.ok(prepareChange(changeWith(AT)));
      for (const value of [Number.NaN, Infinity, -1, 0.5, 1e300, 2 ** 53]) {
        assert.throws(() => prepareChange(changeWith(value)), { code: "ERR_HANDCLASP_OPTION" }, `${value}`);
      }
    });
  }

  it("refuses a rate of rotations that is no number", () => {
    const limit = { burst: 1, perSecond: Number.NaN };
    const change = { type: "rotate", ...ORIGIN, ...pending, certificate, endorsedBy, limit } as const;
    assert.throws(() => prepareChange(change), { code: "ERR_HANDCLASP_OPTION" });
  });
});

describe("prepareChange", () => {
  it("refuses changes that there are not, as an option that cannot be", () => {
    for (const change of [{ type: "bless", ...ORIGIN }, null, "claim", { type: "rename", ...ORIGIN }, {}]) {
      assert.throws(() => prepareChange(change as Change), { code: "ERR_HANDCLASP_OPTION" });
    }
  });

  it("makes plain data of every change, and leaves what was handed in as it was", () => {
    const draw: fc.Arbitrary<Draw> = fc.record({
      ...DRAWN,
      waitMs: below(9),
    });
    fc.assert(
      fc.property(draw, (drawn) => {
        const change = randomChange(drawn, AT);
        const copy = structuredClone(change);
        assert.equal(structuredClone(prepareChange(change)).type, change.type);
        assert.deepEqual(structuredClone(change), copy);
      }),
    );
  });
});
