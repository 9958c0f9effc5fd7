import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, it } from "node:test";
import tls from "node:tls";
import { isHandclaspError } from "../../src/errors.ts";
import { Operator } from "../../src/operator/operator.ts";
import { readCertificate } from "../../src/x509/certificate-facts.ts";
import { until } from "../cli/support/serve.ts";
import { identity } from "../guard/support/identities.ts";
import { altered } from "../guard/support/verdicts.ts";
import { assertRefusedWith, Guest, openJoinScene } from "./support/join-scene.ts";
import { keysIn } from "../support/listed.ts";

const ACCESS_DENIED = 49;
const REVOKED = 44;

describe("joinWithToken", () => {
  for (const firstUse of ["accept", "ask", "refuse"] as const) {
    for (const maxVersion of ["TLSv1.3", "TLSv1.2"] as const) {
      it(`is let in under the token's name while first use is ${firstUse}, in ${maxVersion}`, async () => {
        await using scene = await openJoinScene({ policy: { firstUse }, server: { maxVersion } });
        await using guest = await Guest.called("root");
        const token = await scene.invite();
        const address = `127.0.0.1:${scene.port}`;
        assert.deepEqual(await guest.join(token), { address, knownAt: [address] });
        await scene.trust.flush();
        const { store } = scene.trust;
        const { pin, fingerprint } = guest.own.facts;
        assert.partialDeepStrictEqual(store.key(pin), {
          state: "trusted",
          peer: "laptop-anna",
          source: "token",
          fingerprint,
        });
        assert.equal(store.token(token.id)?.usedBy, pin);
        assert.deepEqual(store.keysOfName("root"), []);
        assert.deepEqual(
          (await scene.events()).map(({ type }) => type),
          ["token-created", "joined"],
        );
      });
    }
  }

  it("is seen with the joining certificate only until it is recognised: the newest one is plain", async () => {
    await using scene = await openJoinScene();
    await using guest = await Guest.called("anna");
    await guest.join(await scene.invite());
    await scene.trust.flush();
    const [newest, joining, ...more] = await scene.trust.store.listCertificates(guest.own.facts.pin);
    assert.deepEqual(newest?.fingerprint, guest.own.facts.fingerprint);
    assert.equal(readCertificate(newest?.der ?? assert.fail()).joinProof, undefined);
    assert.notEqual(readCertificate(joining?.der ?? assert.fail()).joinProof, undefined);
    assert.deepEqual(more, []);
  });

  it("is refused for each thing that can be wrong with a token, with its own reason and the same alert", async () => {
    await using scene = await openJoinScene({ policy: { firstUse: "accept" } });
    const { store } = scene.trust;
    const past = new Operator(store, {
      user: "test",
      process: "test",
      now: () => Date.now() - 7_200_000,
    });
    const about = {
      servers: [`127.0.0.1:${scene.port}`],
      serverPin: scene.own.facts.pin,
    };
    const used = await scene.invite({ peer: "used" });
    await using winner = await Guest.called("used");
    await winner.join(used);
    const cancelled = await scene.invite({ peer: "cancelled" });
    await scene.operator.cancelToken(cancelled.id);
    const taken = await scene.invite({ peer: "taken" });
    await scene.operator.import((await identity("taken")).facts);
    const open = await scene.invite({ peer: "tampered" });
    const tokens = {
      "token-used": used,
      "token-cancelled": cancelled,
      "token-expired": await past.createToken({ peer: "expired", ...about }),
      "wrong-address": await scene.invite({ peer: "far", from: "192.0.2.0/24" }),
      "name-taken": taken,
      "bad-proof": { ...open, seed: new Uint8Array(32).fill(1) },
      "unknown-token": { ...open, id: "00".repeat(16) },
    };
    for (const [detail, token] of Object.entries(tokens)) {
      await using guest = await Guest.called("anna");
      await assertRefusedWith(guest.join(token), ACCESS_DENIED);
      assert.partialDeepStrictEqual(await scene.refusal(), { reason: "token-invalid", detail }, detail);
      assert.equal(store.key(guest.own.facts.pin), undefined, "a token that is no good leaves no key behind");
      const event = (await scene.events()).findLast(({ type }) => type === "token-refused");
      if (detail === "unknown-token") assert.notEqual(event?.details["problem"], detail);
      else {
        assert.partialDeepStrictEqual(event, {
          pin: guest.own.facts.pin,
          details: { problem: detail, token: token.id },
        });
      }
    }
    assert.equal(store.token(open.id)?.usedAt, null);
  });

  it("never lifts what was decided about a key, and leaves the token open", async () => {
    await using scene = await openJoinScene();
    for (const [verb, alert] of [
      ["revoke", REVOKED],
      ["ignore", ACCESS_DENIED],
    ] as const) {
      await using guest = await Guest.called(verb);
      await scene.operator.import(guest.own.facts);
      await scene.operator[verb](guest.own.facts.pin);
      const token = await scene.invite({ peer: `new ${verb}` });
      await assertRefusedWith(guest.join(token), alert);
      assert.equal(scene.trust.store.token(token.id)?.usedAt, null);
    }
  });

  it("may be done again by whoever has joined, after the token's end too", async () => {
    await using scene = await openJoinScene();
    await using guest = await Guest.called("anna");
    const token = await scene.invite();
    await guest.join(token);
    const later = { ...token, expires: Date.now() - 1 };
    await guest.join(later);
    await using thief = await Guest.called("anna");
    await assertRefusedWith(thief.join(token), ACCESS_DENIED);
    assert.equal((await scene.events()).filter(({ type }) => type === "joined").length, 1);
  });

  it("goes by the server's clock, and says so when it is refused for its age", async () => {
    await using scene = await openJoinScene();
    await using guest = await Guest.called("anna");
    const token = await scene.invite({ forMs: 60_000 });
    await guest.join(token, { now: () => Date.now() + 120_000 });
    await using late = await Guest.called("ben");
    await assert.rejects(late.join(token, { now: () => Date.now() + 120_000 }), (error) => {
      assert.ok(isHandclaspError(error, "ERR_HANDCLASP_REFUSED"));
      assert.match(error.hint ?? "", /by our clock the token expired at/);
      return true;
    });
  });

  it("puts the key in the place of the one it replaces, whose connections end", async () => {
    await using scene = await openJoinScene();
    const old = await identity("anna");
    await scene.operator.import(old.facts);
    const socket = tls.connect({
      host: "127.0.0.1",
      port: scene.port,
      key: old.key,
      cert: old.cert,
      rejectUnauthorized: false,
    });
    socket.on("error", () => undefined).resume();
    await once(socket, "session");
    const closed = once(socket, "close");
    await using guest = await Guest.called("anna");
    await guest.join(await scene.invite({ peer: "anna", replace: true }));
    await closed;
    const { store } = scene.trust;
    assert.equal(store.key(old.facts.pin)?.state, "retired");
    assert.equal(store.key(guest.own.facts.pin)?.peer, "anna");
  });

  for (const maxVersion of ["TLSv1.3", "TLSv1.2"] as const) {
    it(`lets exactly one of fifty in that come with one token at once, in ${maxVersion}`, async () => {
      await using scene = await openJoinScene({ policy: { firstUse: "accept" }, server: { maxVersion } });
      const token = await scene.invite();
      const guests = await Promise.all(
        Array.from({ length: 50 }, (_, index) => Guest.called(`guest-${index}`)),
      );
      const joins = await Promise.allSettled(guests.map((guest) => guest.join(token, { timeoutMs: 60_000 })));
      const won = joins.filter(({ status }) => status === "fulfilled").length;
      assert.equal(won, 1);
      const trusted = (await keysIn(scene.trust.store)).filter(({ state }) => state === "trusted");
      assert.deepEqual(
        trusted.map(({ peer }) => peer),
        ["laptop-anna"],
      );
      for (const guest of guests) await guest[Symbol.asyncDispose]();
    });
  }

  for (const firstUse of ["accept", "ask", "refuse"] as const) {
    it(`waits for a server that is slow to write while first use is ${firstUse}: never under another name`, async () => {
      // It comes twice to join and once to be recognised while nothing is written.
      let connections = 0;
      let isAwaited: Promise<unknown> | undefined;
      await using scene = await openJoinScene({
        policy: { firstUse },
        through: (trust) =>
          altered(trust, {
            settle: async (claim, showing) => {
              await (isAwaited ??= until(() => connections >= 3));
              return trust.settle(claim, showing);
            },
          }),
      });
      scene.server.on("connection", () => (connections += 1));
      await using guest = await Guest.called("root");
      const { pin } = guest.own.facts;
      await guest.join(await scene.invite());
      await until(() => scene.trust.store.key(pin)?.state === "trusted");
      assert.equal(scene.trust.store.key(pin)?.peer, "laptop-anna");
      assert.equal((await scene.events()).filter(({ type }) => type === "joined").length, 1);
    });
  }

  it("does not take a closed connection for a welcome", async () => {
    await using scene = await openJoinScene({ alerts: false });
    await using guest = await Guest.called("anna");
    const token = await scene.invite();
    await scene.operator.cancelToken(token.id);
    await assert.rejects(guest.join(token), { code: "ERR_HANDCLASP_REFUSED" });
  });

  it("is welcome at a server that says something and hangs up at once", async () => {
    await using scene = await openJoinScene();
    scene.server.on("secureConnection", (socket) => socket.end("hello"));
    await using guest = await Guest.called("anna");
    await guest.join(await scene.invite());
    assert.equal(scene.trust.store.key(guest.own.facts.pin)?.state, "trusted");
  });

  it("is welcome at a server that hangs up without a word", async () => {
    await using scene = await openJoinScene();
    scene.server.on("secureConnection", (socket) => socket.end());
    await using guest = await Guest.called("anna");
    await guest.join(await scene.invite());
    assert.equal(scene.trust.store.key(guest.own.facts.pin)?.state, "trusted");
  });
});
