// What every store promises about join tokens.
import assert from "node:assert/strict";
import type { Change, CreateTokenChange, JoinChange } from "../../trust/records/change.ts";
import { type Actor } from "../../trust/records/events.ts";
import type { TrustStore } from "../../trust/port/trust-store.ts";
import { toSeenCertificate } from "../../trust/judging/seen-certificate.ts";
import type { CertificateFacts } from "../../x509/certificate-facts.ts";
import { everyKey, everyEvent, type StoreSuite } from "./store-suite.ts";
import { factsOf, randomPin } from "./made-up-certificates.ts";

const AT = Date.UTC(2030, 0, 1);
const DAY_MS = 24 * 3600 * 1000;
const OPERATOR: Actor = { user: "olga", process: "test 1", address: null, listener: null };
const SERVER: Actor = { user: null, process: "serve 2", address: "192.0.2.1", listener: null };
const ID = "00112233445566778899aabbccddeeff";

export function createTokenOf(
  peer: string,
  over: Partial<CreateTokenChange["token"]> = {},
): CreateTokenChange {
  const token = {
    id: ID,
    publicKey: new Uint8Array(32).fill(7),
    peer,
    serverPin: randomPin(),
    from: null,
    replace: false,
    expires: AT + 3_600_000,
  };
  return { type: "create-token", at: AT, actor: OPERATOR, token: { ...token, ...over } };
}

export function joinOf(certificate: CertificateFacts, over: Partial<JoinChange> = {}): JoinChange {
  const seen = toSeenCertificate(certificate);
  return { type: "join", at: AT + 1, actor: SERVER, token: ID, certificate: seen, ...over };
}

async function typesOf(store: TrustStore): Promise<readonly string[]> {
  return (await everyEvent(store)).map(({ type }) => type);
}

async function trusting(store: TrustStore, certificate: CertificateFacts): Promise<void> {
  const seen = toSeenCertificate(certificate);
  const change = { peer: null, onConflict: "fail", expires: null } as const;
  await store.apply({ type: "import", at: AT, actor: OPERATOR, certificate: seen, ...change });
}

/** Registers this part for one kind of store. */
export function describeJoinTokens({ kind, open, describe, it }: StoreSuite): void {
  async function withToken(
    peer: string,
    over: Partial<CreateTokenChange["token"]> = {},
  ): Promise<TrustStore> {
    const store = await open();
    await store.apply(createTokenOf(peer, over));
    return store;
  }

  describe(`${kind}: join tokens`, () => {
    it("are kept as they were made, without anything that could join", async () => {
      await using store = await withToken("anna", { from: "192.0.2.0/24", replace: true });
      const token = store.token(ID);
      const { serverPin, publicKey, ...rest } = token ?? assert.fail("no token");
      assert.match(serverPin, /^sha256:/);
      assert.deepEqual(new Uint8Array(publicKey), new Uint8Array(32).fill(7));
      assert.deepEqual(rest, {
        id: ID,
        peer: "anna",
        nameKey: "anna",
        from: "192.0.2.0/24",
        replace: true,
        groups: [],
        createdAt: AT,
        expires: AT + 3_600_000,
        usedAt: null,
        usedBy: null,
        cancelledAt: null,
      });
      assert.deepEqual((await store.listTokens()).items, [token]);
      assert.equal(store.token("ff".repeat(16)), undefined);
      assert.partialDeepStrictEqual(await everyEvent(store), [
        { type: "token-created", peer: "anna", pin: null, details: { token: ID, from: "192.0.2.0/24" } },
      ]);
    });

    it("trust the key that comes with one, under the token's name, whatever its certificate claims", async () => {
      await using store = await withToken("laptop-anna");
      const mallory = factsOf("root");
      const outcome = await store.apply(joinOf(mallory));
      assert.equal(outcome.kind, "changed");
      const key = store.key(mallory.pin);
      assert.partialDeepStrictEqual(key, {
        state: "trusted",
        peer: "laptop-anna",
        source: "token",
        expires: null,
      });
      assert.deepEqual(store.keysOfName("root"), []);
      assert.equal((await store.listCertificates(mallory.pin)).length, 1);
      assert.partialDeepStrictEqual(store.token(ID), { usedAt: AT + 1, usedBy: mallory.pin });
      assert.partialDeepStrictEqual((await everyEvent(store)).at(-1), {
        type: "joined",
        pin: mallory.pin,
        peer: "laptop-anna",
        before: null,
        after: "trusted",
        actor: SERVER,
        details: { token: ID },
      });
    });

    it("let exactly one of fifty keys in that come with the same one", async () => {
      await using store = await withToken("anna");
      const rivals = Array.from({ length: 50 }, () => factsOf("anna"));
      const outcomes = await Promise.all(rivals.map((rival) => store.apply(joinOf(rival))));
      const won = outcomes.filter((outcome) => outcome.kind === "changed");
      assert.equal(won.length, 1);
      for (const outcome of outcomes) {
        if (outcome.kind === "lost") {
          assert.equal(outcome.reason, "token-invalid");
          assert.deepEqual(outcome.concern, { about: ID, problem: "token-used" });
        }
      }
      const trusted = (await everyKey(store)).filter(({ state }) => state === "trusted");
      assert.equal(trusted.length, 1);
      assert.equal((await everyKey(store)).length, 1, "losers leave nothing behind");
      assert.equal(store.token(ID)?.usedBy, trusted[0]?.pin);
      assert.deepEqual(await typesOf(store), ["token-created", "joined", "token-refused"]);
    });

    it("answer the key that used one in the same way as often as it comes", async () => {
      await using store = await withToken("anna");
      const anna = factsOf("anna");
      const outcomes = await Promise.all([1, 2, 3].map(() => store.apply(joinOf(anna))));
      assert.deepEqual(
        outcomes.map((outcome) => outcome.kind),
        ["changed", "changed", "changed"],
      );
      assert.deepEqual(await typesOf(store), ["token-created", "joined"]);
      const late = await store.apply(joinOf(anna, { at: AT + 100 * DAY_MS }));
      assert.equal(late.kind, "changed");
    });

    it("are no good before they were made, after their end, or once they were cancelled", async () => {
      await using store = await withToken("anna");
      const unknown = await store.apply(joinOf(factsOf("anna"), { token: "ff".repeat(16) }));
      assert.partialDeepStrictEqual(unknown, { kind: "lost", concern: { problem: "unknown-token" } });
      await store.apply({ type: "cancel-token", at: AT + 5, actor: OPERATOR, id: ID });
      assert.equal(store.token(ID)?.cancelledAt, AT + 5);
      const cancelled = await store.apply(joinOf(factsOf("anna"), { at: AT + 6 }));
      assert.partialDeepStrictEqual(cancelled, { kind: "lost", concern: { problem: "token-cancelled" } });
      const other = "11".repeat(16);
      await store.apply({ ...createTokenOf("ben", { id: other }), at: AT + 7 });
      const late = await store.apply(joinOf(factsOf("ben"), { token: other, at: AT + 3_600_000 }));
      assert.partialDeepStrictEqual(late, { kind: "lost", concern: { problem: "token-expired" } });
      assert.deepEqual(await everyKey(store), []);
      assert.deepEqual(await typesOf(store), [
        "token-created",
        "token-cancelled",
        "token-refused",
        "token-created",
        "token-refused",
      ]);
    });

    it("are cancelled once, and not after they were used", async () => {
      await using store = await withToken("anna");
      const cancel: Change = { type: "cancel-token", at: AT, actor: OPERATOR, id: ID };
      await store.apply(cancel);
      await assert.rejects(store.apply(cancel), { code: "ERR_HANDCLASP_STATE" });
      await assert.rejects(store.apply({ ...cancel, id: "ff".repeat(16) }), {
        code: "ERR_HANDCLASP_NOT_FOUND",
      });
      const other = await withToken("ben");
      await other.apply(joinOf(factsOf("ben")));
      await assert.rejects(other.apply(cancel), { code: "ERR_HANDCLASP_STATE" });
    });

    it("are not made for a name that has a trusted key, however it is written", async () => {
      await using store = await open();
      await trusting(store, factsOf("Anna"));
      await assert.rejects(store.apply(createTokenOf("ＡＮＮＡ")), { code: "ERR_HANDCLASP_CONFLICT" });
      assert.deepEqual((await store.listTokens()).items, []);
      assert.deepEqual(await typesOf(store), ["imported"]);
    });

    it("do not give a name away that a trusted key has got meanwhile", async () => {
      await using store = await withToken("anna");
      const [holder, late] = [factsOf("ANNA"), factsOf("anna")];
      await trusting(store, holder);
      const outcome = await store.apply(joinOf(late));
      assert.partialDeepStrictEqual(outcome, { kind: "lost", concern: { problem: "name-taken" } });
      assert.equal(store.key(holder.pin)?.state, "trusted");
      assert.equal(store.key(late.pin), undefined);
      assert.equal(store.token(ID)?.usedAt, null);
    });

    it("retire the keys that have the name, when they were made to replace, and only when they are used", async () => {
      await using store = await open();
      const [old, fresh] = [factsOf("anna"), factsOf("anna")];
      await trusting(store, old);
      await store.apply(createTokenOf("anna", { replace: true }));
      assert.equal(store.key(old.pin)?.state, "trusted");
      await store.apply(joinOf(fresh));
      assert.equal(store.key(old.pin)?.state, "retired");
      assert.equal(store.key(fresh.pin)?.state, "trusted");
      assert.partialDeepStrictEqual((await everyEvent(store)).at(-1), {
        type: "retired",
        pin: old.pin,
        details: { replacedBy: fresh.pin },
      });
      const again = await store.apply(joinOf(old));
      assert.partialDeepStrictEqual(again, { kind: "lost", reason: "retired" });
    });

    it("never lift what an operator decided about a key", async () => {
      for (const type of ["revoke", "ignore"] as const) {
        await using store = await withToken("new name");
        const anna = factsOf("anna");
        await trusting(store, anna);
        await store.apply({ type, at: AT, actor: OPERATOR, key: anna.pin });
        const outcome = await store.apply(joinOf(anna));
        const state = type === "revoke" ? "revoked" : "ignored";
        assert.partialDeepStrictEqual(outcome, { kind: "lost", reason: state });
        assert.equal(store.key(anna.pin)?.state, state);
        assert.equal(store.token(ID)?.usedAt, null);
      }
    });

    it("trust a key that waited for review, under the token's name", async () => {
      await using store = await withToken("laptop-anna");
      const anna = factsOf("anna");
      const limits = { pendingExpires: AT + 1000, maxPending: 3 };
      await store.apply({
        type: "hold",
        at: AT,
        actor: SERVER,
        peer: "anna",
        certificate: toSeenCertificate(anna),
        conflictsWith: randomPin(),
        ...limits,
      });
      await store.apply(joinOf(anna));
      assert.partialDeepStrictEqual(store.key(anna.pin), {
        state: "trusted",
        peer: "laptop-anna",
        newName: null,
        expires: null,
        conflictsWith: null,
        firstSeen: AT,
      });
    });

    it("void what a key endorsed before it was forgotten, when that key joins again", async () => {
      await using store = await withToken("anna");
      const anna = factsOf("anna");
      await trusting(store, anna);
      await store.apply({ type: "forget", at: AT + 5, actor: OPERATOR, key: anna.pin });
      await store.apply(joinOf(anna, { at: AT + 9 }));
      assert.equal(store.key(anna.pin)?.endorsesFrom, AT + 5);
    });

    it("leave one event for each problem of a token of ours, and none for tokens that are made up", async () => {
      await using store = await withToken("anna");
      for (let round = 0; round < 20; round++) {
        for (const problem of ["bad-proof", "wrong-address"] as const) {
          const concern = { about: ID, problem };
          await store.apply({ type: "note-concern", at: AT, actor: SERVER, concern, pin: randomPin() });
        }
        const made = { about: round.toString(16).padStart(32, "0"), problem: "bad-proof" } as const;
        await store.apply({ type: "note-concern", at: AT, actor: SERVER, concern: made, pin: randomPin() });
        await store.apply(joinOf(factsOf("anna"), { token: made.about }));
      }
      assert.deepEqual(await typesOf(store), ["token-created", "token-refused", "token-refused"]);
      assert.deepEqual(
        (await everyEvent(store)).map(({ details }) => details["problem"]),
        [undefined, "bad-proof", "wrong-address"],
      );
      assert.equal((await everyKey(store)).length, 0);
    });

    it("are forgotten 30 days after they ended, when another one is made", async () => {
      await using store = await withToken("anna");
      const [unused, next] = ["11".repeat(16), "22".repeat(16)];
      await store.apply(createTokenOf("ben", { id: unused }));
      await store.apply(joinOf(factsOf("anna")));
      await store.apply({
        ...createTokenOf("carl", { id: next, expires: AT + 40 * DAY_MS }),
        at: AT + 30 * DAY_MS,
      });
      assert.deepEqual(
        (await store.listTokens()).items.map(({ id }) => id),
        [next, ID, unused],
      );
      const last = createTokenOf("dora", { id: "33".repeat(16) });
      await store.apply({ ...last, at: AT + 30 * DAY_MS + 3_600_001 });
      assert.deepEqual(
        (await store.listTokens()).items.map(({ id }) => id),
        ["33".repeat(16), next],
      );
    });
  });
}
