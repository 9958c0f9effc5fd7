import assert from "node:assert/strict";
import { createPrivateKey } from "node:crypto";
import { describe, it } from "node:test";
import type { JoinToken } from "../../src/trust/naming/join-token.ts";
import { signJoinProof } from "../../src/x509/join-proof.ts";
import { reissueCertificate } from "../../src/x509/reissue-certificate.ts";
import { type JoinScene, openJoinScene } from "../client/support/join-scene.ts";
import { randomPin } from "../support/certificates.ts";
import { identity, type TestIdentity } from "./support/identities.ts";
import { connectOnce } from "./support/node-client.ts";
import { keysIn, refusalsIn, tokensIn } from "../support/listed.ts";

const BAD_CERTIFICATE = 42;
const CERTIFICATE_EXPIRED = 45;
const UNKNOWN_CA = 48;
const ACCESS_DENIED = 49;

/** The identity with an extension that is whatever we like. */
function showing({ key, facts }: TestIdentity, joinProof: Uint8Array): TestIdentity {
  const reissued = reissueCertificate(facts.der, {
    privateKey: createPrivateKey(key),
    now: new Date(),
    joinProof,
  });
  return { key, cert: reissued.certificatePem, facts: reissued.facts };
}

/** The identity with a proof, made for the key and server that it names. */
function proving(
  own: TestIdentity,
  { id, seed, serverPin }: JoinToken,
  scope: { readonly spki?: Uint8Array } = {},
): TestIdentity {
  const tokenId = Buffer.from(id, "hex");
  return showing(own, signJoinProof({ tokenId, seed, serverPin, spki: own.facts.spki, ...scope }));
}

async function alertFor(
  scene: JoinScene,
  shown: TestIdentity,
  maxVersion: "TLSv1.2" | "TLSv1.3" = "TLSv1.3",
): Promise<number | null> {
  const { alert } = await connectOnce({ port: scene.port, identity: shown, maxVersion });
  return alert;
}

describe("a guarded server and join tokens", () => {
  for (const maxVersion of ["TLSv1.3", "TLSv1.2"] as const) {
    it(`takes no proof that was made for another key, or for another server, in ${maxVersion}`, async () => {
      await using scene = await openJoinScene({ policy: { firstUse: "accept" } });
      const [anna, eve] = await Promise.all([identity("anna"), identity("eve")]);
      const token = await scene.invite();
      const elsewhere = await scene.invite({ peer: "elsewhere", serverPin: randomPin() });
      const copied = proving(anna, token).facts.joinProof ?? assert.fail();
      for (const [shown, detail] of [
        [showing(eve, copied), "bad-proof"],
        [proving(eve, token, { spki: anna.facts.spki }), "bad-proof"],
        [proving(eve, { ...token, serverPin: randomPin() }), "bad-proof"],
        [proving(eve, { ...token, seed: elsewhere.seed }), "bad-proof"],
        [proving(eve, { ...elsewhere, id: token.id }), "bad-proof"],
        [proving(eve, elsewhere), "wrong-server"],
        [proving(eve, { ...token, id: "00".repeat(16) }), "unknown-token"],
      ] as const) {
        assert.equal(await alertFor(scene, shown, maxVersion), ACCESS_DENIED);
        assert.partialDeepStrictEqual(await scene.refusal(), { reason: "token-invalid", detail });
      }
      const { store } = scene.trust;
      assert.equal(store.key(eve.facts.pin), undefined);
      assert.deepEqual(
        (await tokensIn(store)).map(({ usedAt }) => usedAt),
        [null, null],
      );
    });
  }

  it("tells a proof that cannot be read from one of a version to come, which is none", async () => {
    await using scene = await openJoinScene();
    const anna = await identity("anna");
    const whole = proving(anna, await scene.invite()).facts.joinProof ?? assert.fail();
    const later = Buffer.from(whole);
    later[4] = 2;
    assert.deepEqual(Buffer.from(whole.subarray(2, 5)), Buffer.of(2, 1, 1), "an INTEGER of one byte");
    for (const broken of [
      whole.subarray(0, -1),
      Buffer.concat([whole, Buffer.of(0)]),
      Buffer.of(5, 0),
      Buffer.of(),
    ]) {
      assert.equal(await alertFor(scene, showing(anna, broken)), BAD_CERTIFICATE);
      assert.equal((await scene.refusal()).reason, "malformed-certificate");
    }
    assert.equal(await alertFor(scene, showing(anna, later)), UNKNOWN_CA);
    assert.equal((await scene.refusal()).reason, "unknown");
  });

  it("does not read what a known key brings: neither a token that is used up nor nonsense", async () => {
    await using scene = await openJoinScene();
    const [anna, ben] = await Promise.all([identity("anna"), identity("ben")]);
    const token = await scene.invite();
    for (const own of [anna, ben]) await scene.operator.import(own.facts);
    for (const shown of [proving(anna, token), showing(ben, Buffer.of(5, 0))]) {
      scene.server.once("secureConnection", (socket) => socket.end("hello"));
      const { received, alert } = await connectOnce({ port: scene.port, identity: shown });
      assert.deepEqual({ received, alert }, { received: "hello", alert: null });
    }
    assert.equal(scene.trust.store.token(token.id)?.usedAt, null);
    assert.equal(scene.trust.store.key(anna.facts.pin)?.peer, "anna");
  });

  for (const [from, address, isIn] of [
    ["192.0.2.0/24", "192.0.2.77", true],
    ["192.0.2.0/24", "::ffff:192.0.2.77", true],
    ["192.0.2.0/24", "::ffff:192.0.3.77", false],
    ["192.0.2.0/24", "2001:db8::1", false],
    ["2001:db8::/32", "2001:db8:1::9", true],
  ] as const) {
    it(`${isIn ? "takes" : "refuses"} a client at ${address} with a token from ${from}`, async () => {
      await using scene = await openJoinScene({ remoteAddressOf: () => address });
      scene.server.on("secureConnection", (socket) => socket.end("hello"));
      const own = await identity("anna");
      const alert = await alertFor(scene, proving(own, await scene.invite({ from })));
      assert.equal(alert, isIn ? null : ACCESS_DENIED);
      assert.equal(scene.trust.store.key(own.facts.pin)?.state, isIn ? "trusted" : undefined);
      if (!isIn) assert.equal((await scene.refusal()).detail, "wrong-address");
    });
  }

  it("does not let strangers grow the chain with tokens that are made up, or with one that they heard of", async () => {
    await using scene = await openJoinScene({ policy: { firstUse: "ask" } });
    const token = await scene.invite();
    const { store } = scene.trust;
    const before = store.head().sequence;
    const eve = await identity("eve");
    for (let round = 0; round < 60; round++) {
      const id = round % 2 === 0 ? round.toString(16).padStart(32, "0") : token.id;
      const shown = proving(eve, { ...token, id, seed: new Uint8Array(32).fill(round) });
      assert.equal(await alertFor(scene, shown), ACCESS_DENIED);
      if (round % 20 === 0) await scene.trust.flush();
    }
    await scene.trust.flush();
    assert.equal(store.head().sequence, before + 1, "one event, for the token that there is");
    assert.deepEqual(await keysIn(store), []);
    assert.ok((await refusalsIn(store)).length <= 2);
    assert.equal(store.token(token.id)?.usedAt, null);
  });

  it("does not use a token up for a certificate whose dates are over", async () => {
    await using scene = await openJoinScene();
    const anna = await identity("anna");
    const token = await scene.invite();
    const { certificatePem, facts } = reissueCertificate(anna.facts.der, {
      privateKey: createPrivateKey(anna.key),
      now: new Date("2001-01-01"),
      days: 1,
      joinProof: proving(anna, token).facts.joinProof ?? assert.fail(),
    });
    assert.equal(await alertFor(scene, { key: anna.key, cert: certificatePem, facts }), CERTIFICATE_EXPIRED);
    assert.equal(scene.trust.store.token(token.id)?.usedAt, null);
  });
});
