import assert from "node:assert/strict";
import { createPrivateKey } from "node:crypto";
import net from "node:net";
import { describe, it } from "node:test";
import { createSecureContext, createServer } from "node:tls";
import { KnownServers } from "../../src/client/servers/known-servers.ts";
import { isHandclaspError } from "../../src/errors.ts";
import { createEndorsement } from "../../src/x509/endorsement.ts";
import { reissueCertificate } from "../../src/x509/reissue-certificate.ts";
import { identity, type TestIdentity } from "../guard/support/identities.ts";
import { assertRefusedWith, Guest, openJoinScene } from "./support/join-scene.ts";
import { freePort } from "../support/free-port.ts";
import { listening, unreadable } from "./support/listening.ts";
import { refusalsIn } from "../support/listed.ts";

const ACCESS_DENIED = 49;

/** A firewall that has no idea of the token: handshake_failure to whatever comes. */
function answerWithAlert(socket: net.Socket): void {
  socket.on("error", () => undefined);
  socket.once("data", () => socket.end(Buffer.from("15030100020228", "hex")));
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

describe("joinWithToken and the server of the token", () => {
  it("pins the server from the token, at all its addresses, and no other", async () => {
    await using scene = await openJoinScene();
    await using other = await openJoinScene();
    await using guest = await Guest.called("anna");
    const dead = `127.0.0.1:${await freePort()}`;
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
    assert.deepEqual(await refusalsIn(other.trust.store), [], "a server with another key saw no certificate");
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
    const servers = [`127.0.0.1:${other.port}`, `127.0.0.1:${await freePort()}`];
    await assert.rejects(guest.join(await scene.invite({ servers })), (error) => {
      assert.ok(isHandclaspError(error, "ERR_HANDCLASP_REFUSED"));
      assert.match(error.message, /is not the server of this join token/);
      assert.deepEqual(error.details["known"], [scene.own.facts.pin]);
      assert.equal(error.details["pin"], other.own.facts.pin);
      return true;
    });
    const dead = [`127.0.0.1:${await freePort()}`];
    await assert.rejects(guest.join(await scene.invite({ servers: dead })), {
      code: "ERR_HANDCLASP_CONNECT",
    });
  });

  it("lets every address have a try, and says what the server of the token said", async () => {
    await using scene = await openJoinScene();
    await using guest = await Guest.called("anna");
    const live = `127.0.0.1:${scene.port}`;
    await using other = await openJoinScene();
    const [dead, wrong] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${other.port}`];
    const token = await scene.invite({ servers: [dead, live, wrong, live] });
    await scene.operator.cancelToken(token.id);
    const joining = guest.join(token);
    await assertRefusedWith(joining, ACCESS_DENIED);
    // Who is told too late comes once more.
    assert.ok(scene.guard.stats.accepted >= 2);
    await assert.rejects(joining, (error) => {
      assert.ok(isHandclaspError(error));
      assert.match(
        error.hint ?? "",
        /^the token may be used up.*; elsewhere: .*access_denied.*not the server of this/,
      );
      assert.deepEqual(error.details["tried"], token.servers);
      return true;
    });
  });

  for (const [who, somebody] of [
    ["answers with an alert", () => net.createServer(answerWithAlert)],
    ["shows a certificate that cannot be read", () => createServer(unreadable())],
  ] as const) {
    it(`goes on to the next address where somebody who is not the server ${who}`, async () => {
      await using scene = await openJoinScene();
      await using guest = await Guest.called("anna");
      const other = somebody();
      const [wrong, live] = [`127.0.0.1:${await listening(other)}`, `127.0.0.1:${scene.port}`];
      try {
        const { address } = await guest.join(await scene.invite({ servers: [wrong, live] }));
        assert.equal(address, live);
      } finally {
        other.close();
      }
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
});
