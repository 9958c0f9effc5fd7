import assert from "node:assert/strict";
import { createPrivateKey } from "node:crypto";
import { once } from "node:events";
import net, { type AddressInfo } from "node:net";
import { describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import tls, { createSecureContext } from "node:tls";
import { KnownServers } from "../../src/client/known-servers.ts";
import { isHandclaspError } from "../../src/errors.ts";
import { Operator } from "../../src/trust/operator.ts";
import { createEndorsement } from "../../src/x509/endorsement.ts";
import { reissueCertificate } from "../../src/x509/reissue-certificate.ts";
import { readCertificate } from "../../src/x509/certificate-facts.ts";
import { until } from "../cli/support/serve.ts";
import { identity, type TestIdentity } from "../guard/support/identities.ts";
import { altered } from "../guard/support/verdicts.ts";
import { Guest, openJoinScene } from "./support/join-scene.ts";

const ACCESS_DENIED = 49;
const REVOKED = 44;

async function assertRefusedWith(joining: Promise<unknown>, alertCode: number): Promise<void> {
  await assert.rejects(joining, (error) => {
    assert.ok(isHandclaspError(error, "ERR_HANDCLASP_REFUSED"), String(error));
    assert.equal(error.details["alertCode"], alertCode, String(error));
    return true;
  });
}

/** A port where nobody listens. */
async function deadPort(): Promise<number> {
  const server = net.createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A new key for the server, endorsed by the one it had. */
async function rotated(old: TestIdentity): Promise<TestIdentity> {
  const next = await identity("gw");
  const { certificatePem, facts } = reissueCertificate(next.facts.der, {
    privateKey: createPrivateKey(next.key),
    now: new Date(),
    endorsement: createEndorsement({
      oldKey: createPrivateKey(old.key),
      newSpki: next.facts.spki,
      issuedAt: Date.now(),
      previous: old.facts.endorsement,
    }),
  });
  return { key: next.key, cert: certificatePem, facts };
}

describe("joinWithToken", () => {
  for (const firstUse of ["accept", "ask", "refuse"] as const) {
    for (const maxVersion of ["TLSv1.3", "TLSv1.2"] as const) {
      it(`is let in under the token's name while first use is ${firstUse}, in ${maxVersion}`, async () => {
        await using scene = await openJoinScene({ policy: { firstUse }, server: { maxVersion } });
        await using guest = await Guest.called("root");
        const token = await scene.invite();
        assert.deepEqual(await guest.join(token), { address: `127.0.0.1:${scene.port}` });
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
          scene.events().map(({ type }) => type),
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
    const [newest, joining, ...more] = scene.trust.store.certificates(guest.own.facts.pin);
    assert.deepEqual(newest?.fingerprint, guest.own.facts.fingerprint);
    assert.equal(readCertificate(newest?.der ?? assert.fail()).joinProof, undefined);
    assert.notEqual(readCertificate(joining?.der ?? assert.fail()).joinProof, undefined);
    assert.deepEqual(more, []);
  });

  it("pins the server from the token, at all its addresses, and no other", async () => {
    await using scene = await openJoinScene();
    await using other = await openJoinScene();
    await using guest = await Guest.called("anna");
    const dead = `127.0.0.1:${await deadPort()}`;
    const live = `127.0.0.1:${scene.port}`;
    const wrong = `127.0.0.1:${other.port}`;
    const { address } = await guest.join(await scene.invite({ servers: [dead, wrong, live] }));
    assert.equal(address, live);
    const known = new KnownServers(guest.store, { now: Date.now, process: "test 1" });
    for (const each of [dead, wrong, live]) {
      assert.deepEqual(known.pinsOf(each), [scene.own.facts.pin], each);
      assert.equal(known.judge(each, scene.own.facts, "refuse").decision, "admit");
    }
    await other.trust.flush();
    assert.deepEqual(other.trust.store.refusals(10), [], "a server with another key saw no certificate");
  });

  it("leaves the key that is known at one of the addresses alone", async () => {
    await using scene = await openJoinScene();
    await using guest = await Guest.called("anna");
    const [live, taken] = [`127.0.0.1:${scene.port}`, "gw.example:8443"];
    const known = new KnownServers(guest.store, { now: Date.now, process: "test 1" });
    const before = await identity("gw");
    await known.remember(taken, before.facts);
    await guest.join(await scene.invite({ servers: [live, taken] }));
    assert.deepEqual(known.pinsOf(taken), [before.facts.pin]);
  });

  it("says who is there instead when no address has the server of the token", async () => {
    await using scene = await openJoinScene();
    await using other = await openJoinScene();
    await using guest = await Guest.called("anna");
    const servers = [`127.0.0.1:${other.port}`, `127.0.0.1:${await deadPort()}`];
    await assert.rejects(guest.join(await scene.invite({ servers })), (error) => {
      assert.ok(isHandclaspError(error, "ERR_HANDCLASP_REFUSED"));
      assert.match(error.message, /is not the server of this join token/);
      assert.deepEqual(error.details["known"], [scene.own.facts.pin]);
      assert.equal(error.details["pin"], other.own.facts.pin);
      return true;
    });
    const dead = [`127.0.0.1:${await deadPort()}`];
    await assert.rejects(guest.join(await scene.invite({ servers: dead })), {
      code: "ERR_HANDCLASP_CONNECT",
    });
  });

  it("does not let the next address have a try when the server refuses us", async () => {
    await using scene = await openJoinScene();
    await using guest = await Guest.called("anna");
    const live = `127.0.0.1:${scene.port}`;
    const token = await scene.invite({ servers: [live, live, live] });
    await scene.operator.cancelToken(token.id);
    await assertRefusedWith(guest.join(token), ACCESS_DENIED);
    assert.equal(scene.guard.stats.accepted, 1);
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
      const event = scene.events().findLast(({ type }) => type === "token-refused");
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
    assert.equal(scene.events().filter(({ type }) => type === "joined").length, 1);
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

  it("lets exactly one of fifty in that come with one token at once", async () => {
    await using scene = await openJoinScene({ policy: { firstUse: "accept" } });
    const token = await scene.invite();
    const guests = await Promise.all(
      Array.from({ length: 50 }, (_, index) => Guest.called(`guest-${index}`)),
    );
    const joins = await Promise.allSettled(guests.map((guest) => guest.join(token, { timeoutMs: 60_000 })));
    const won = joins.filter(({ status }) => status === "fulfilled").length;
    assert.equal(won, 1);
    const trusted = scene.trust.store.keys().filter(({ state }) => state === "trusted");
    assert.deepEqual(
      trusted.map(({ peer }) => peer),
      ["laptop-anna"],
    );
    for (const guest of guests) await guest[Symbol.asyncDispose]();
  });

  for (const firstUse of ["accept", "ask", "refuse"] as const) {
    it(`waits for a server that is slow to write while first use is ${firstUse}: never under another name`, async () => {
      await using scene = await openJoinScene({
        policy: { firstUse },
        through: (trust) =>
          altered(trust, {
            settle: async (claim, sighting) => {
              await sleep(1200);
              return trust.settle(claim, sighting);
            },
          }),
      });
      await using guest = await Guest.called("root");
      const { pin } = guest.own.facts;
      await guest.join(await scene.invite());
      await until(() => scene.trust.store.key(pin)?.state === "trusted");
      assert.equal(scene.trust.store.key(pin)?.peer, "laptop-anna");
      assert.equal(scene.events().filter(({ type }) => type === "joined").length, 1);
    });
  }

  it("follows a server that has changed its key since the token was made, and vouches for the new one", async () => {
    const own = await identity("gw");
    const next = await rotated(await rotated(own));
    await using scene = await openJoinScene({ own: next });
    await using guest = await Guest.called("anna");
    await guest.join(await scene.invite({ serverPin: own.facts.pin }));
    const known = new KnownServers(guest.store, { now: Date.now, process: "test 1" });
    assert.deepEqual(known.pinsOf(`127.0.0.1:${scene.port}`), [next.facts.pin]);
    assert.equal(scene.trust.store.key(guest.own.facts.pin)?.state, "trusted");
  });

  it("knows a server by the key that it shows under the name it is asked for", async () => {
    const [first, second] = await Promise.all([identity("one"), identity("two")]);
    await using scene = await openJoinScene({
      own: first,
      server: {
        SNICallback: (name, done) => {
          done(null, name === "localhost" ? createSecureContext(second) : undefined);
        },
      },
    });
    const [unnamed, named] = [`127.0.0.1:${scene.port}`, `localhost:${scene.port}`];
    await using ben = await Guest.called("ben");
    await ben.join(await scene.invite({ peer: "ben", servers: [unnamed], serverPin: first.facts.pin }));
    await using anna = await Guest.called("anna");
    await anna.join(await scene.invite({ peer: "anna", servers: [named], serverPin: second.facts.pin }));
    await using eve = await Guest.called("eve");
    const crossed = await scene.invite({ peer: "eve", servers: [named], serverPin: first.facts.pin });
    await assert.rejects(eve.join(crossed), /is not the server of this join token/);
  });

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
