import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { judgeJoinProof } from "../../../src/trust/judging/judge-join-proof.ts";
import type { KeyPin } from "../../../src/trust/records/key-record.ts";
import type { ShownJoinProof } from "../../../src/trust/records/showing.ts";
import type { TokenProblem, TokenRecord } from "../../../src/trust/records/token-record.ts";
import { randomPin } from "../../support/certificates.ts";

const NOW = Date.UTC(2030, 0, 1);
const HERE = randomPin();
const ELSEWHERE = randomPin();
const TOKEN: TokenRecord = {
  id: "00112233445566778899aabbccddeeff",
  publicKey: new Uint8Array(32).fill(7),
  peer: "anna",
  nameKey: "anna",
  serverPin: HERE,
  from: null,
  replace: false,
  groups: [],
  createdAt: NOW - 1000,
  expires: NOW + 1000,
  usedAt: null,
  usedBy: null,
  cancelledAt: null,
};

function isOurs(publicKey: Uint8Array): boolean {
  return publicKey[0] === 7;
}

/** A proof that the token's key made for one server. */
function proofFor(signedFor: KeyPin | undefined, weAre: KeyPin = HERE): ShownJoinProof {
  return {
    tokenId: TOKEN.id,
    isSignedBy: (publicKey) => isOurs(publicKey) && signedFor === weAre,
    isSignedFor: (publicKey, pin) => isOurs(publicKey) && signedFor === pin,
  };
}

function judged(
  over: Partial<TokenRecord> = {},
  shown: { readonly proof?: ShownJoinProof; readonly from?: string | null; readonly at?: number } = {},
): TokenProblem | undefined {
  const { proof = proofFor(HERE), from = "192.0.2.9", at = NOW } = shown;
  return judgeJoinProof(proof, { ...TOKEN, ...over }, from ?? undefined, at);
}

describe("judgeJoinProof", () => {
  it("finds nothing wrong with an open token, until the millisecond in which it ends", () => {
    assert.equal(judged(), undefined);
    assert.equal(judged({}, { at: TOKEN.expires - 1 }), undefined);
    assert.equal(judged({}, { at: TOKEN.expires }), "token-expired");
  });

  it("tells used, cancelled, expired and unknown tokens apart", () => {
    assert.equal(judged({ usedAt: NOW - 1, usedBy: randomPin() }), "token-used");
    assert.equal(judged({ cancelledAt: NOW - 1 }), "token-cancelled");
    assert.equal(judged({ expires: NOW - 1 }), "token-expired");
    assert.equal(judgeJoinProof(proofFor(HERE), undefined, "192.0.2.9", NOW), "unknown-token");
  });

  it("calls a used token used, also when its time is over", () => {
    assert.equal(judged({ usedAt: NOW - 10, expires: NOW - 5 }), "token-used");
  });

  it("tells a proof for another server from one that the token did not make", () => {
    const token = { serverPin: ELSEWHERE };
    assert.equal(judged(token, { proof: proofFor(ELSEWHERE) }), "wrong-server");
    assert.equal(judged({}, { proof: proofFor(undefined) }), "bad-proof");
    assert.equal(judged({ publicKey: new Uint8Array(32) }), "bad-proof");
    assert.equal(judged({}, { proof: proofFor(ELSEWHERE) }), "bad-proof");
  });

  it("says nothing about a token's life to somebody who only heard of its id", () => {
    const proof = proofFor(undefined);
    assert.equal(judged({ usedAt: NOW - 1 }, { proof }), "bad-proof");
    assert.equal(judged({ cancelledAt: NOW - 1 }, { proof }), "bad-proof");
    assert.equal(judged({ from: "198.51.100.0/24" }, { proof }), "bad-proof");
  });

  for (const [network, address, isIn] of [
    ["192.0.2.0/24", "192.0.2.255", true],
    ["192.0.2.0/24", "192.0.3.0", false],
    ["192.0.2.0/24", "::ffff:192.0.2.7", true],
    ["192.0.2.0/24", "::ffff:c000:0207", true],
    ["192.0.2.0/24", "::ffff:192.0.3.7", false],
    ["192.0.2.9", "192.0.2.9", true],
    ["192.0.2.9", "192.0.2.10", false],
    ["0.0.0.0/0", "203.0.113.5", true],
    ["0.0.0.0/0", "2001:db8::1", false],
    ["::/0", "2001:db8::1", true],
    ["::/0", "192.0.2.7", false],
    ["::/0", "::ffff:192.0.2.7", false],
    ["2001:db8::/32", "2001:db8:ffff::1", true],
    ["2001:db8::/32", "2001:db9::1", false],
    ["fe80::/10", "fe80::1%eth0", true],
    ["192.0.2.0/24", null, false],
    ["192.0.2.0/24", "", false],
    ["no network", "192.0.2.7", false],
  ] as const) {
    it(`${isIn ? "takes" : "refuses"} a client at ${address ?? "no address"} for a token from ${network}`, () => {
      assert.equal(judged({ from: network }, { from: address }), isIn ? undefined : "wrong-address");
    });
  }
});
