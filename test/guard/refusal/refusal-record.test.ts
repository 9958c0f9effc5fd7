import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";
import { describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import tls from "node:tls";
import type { TrustPort } from "../../../src/trust/trust-port.ts";
import { ticketRecords } from "../../../src/guard/refusal/refusal-record.ts";
import { TLS13_SUITES } from "../../../src/tls/keys/tls13-suite.ts";
import type { Trust } from "../../../src/trust/trust.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { closed } from "../support/closed.ts";
import { identity, inFiles } from "../support/identities.ts";
import { connectOnce } from "../support/node-client.ts";
import { openssl, python } from "../support/programs.ts";
import { greet, openScene } from "../support/scene.ts";
import { stillClock } from "../support/still-clock.ts";
import { altered } from "../support/verdicts.ts";

describe("a claim that is lost to a rival", async () => {
  stillClock();
  const folder = temporaryFolder();
  const client = await identity("client");
  const files = inFiles(folder, client);

  it("is refused with an alert that node, openssl and python can read behind their tickets", async () => {
    await using scene = await openScene({ through: losing });
    const { port } = scene;
    const outcomes = await Promise.all([
      connectOnce({ port, identity: client }),
      connectOnce({ port, identity: client, eager: "hello" }),
      openssl({ port, files }),
      openssl({ port, files, eager: "hello" }),
      python({ port, files }),
      python({ port, files, eager: "hello" }),
    ]);
    assert.deepEqual(
      outcomes.map(({ alert }) => alert),
      [46, 46, 46, 46, 46, 46],
      JSON.stringify(outcomes),
    );
  });

  for (const suite of TLS13_SUITES.keys()) {
    it(`is refused with an alert under ${suite}`, async () => {
      const server = { ciphers: `${[...TLS13_SUITES.keys()].join(":")}:DEFAULT:@SECLEVEL=0` };
      await using scene = await openScene({ through: losing, server });
      const outcome = await openssl({
        port: scene.port,
        files,
        args: ["-ciphersuites", suite, "-cipher", "ALL:@SECLEVEL=0"],
      });
      assert.equal(outcome.alert, 46, outcome.output);
    });
  }

  it("is refused with an alert when each ticket takes more than one record", async () => {
    await using scene = await openScene({ through: losing });
    const outcome = await openssl({ port: scene.port, files, args: ["-maxfraglen", "512"] });
    assert.equal(outcome.alert, 46, outcome.output);
  });

  it("is refused with an alert on a resumed connection, which gets no tickets", async () => {
    let lose = false;
    await using scene = await openScene({ through: (trust) => losingWhen(trust, () => lose) });
    greet(scene.server);
    const { session } = await connectOnce({ port: scene.port, identity: client });
    assert(session);
    lose = true;
    const outcome = await connectOnce({ port: scene.port, identity: client, session });
    assert.deepEqual([outcome.alert, outcome.received], [46, ""]);
  });

  it("ends with a bare close in TLS 1.2", async () => {
    await using scene = await openScene({ through: losing });
    const outcome = await connectOnce({ port: scene.port, identity: client, maxVersion: "TLSv1.2" });
    assert.deepEqual([outcome.alert, outcome.received], [null, ""]);
  });

  it("never reaches the application when the client left in between", async () => {
    const asked = Promise.withResolvers<void>();
    const left = Promise.withResolvers<void>();
    const settled = Promise.withResolvers<void>();
    const through = (trust: Trust): TrustPort =>
      altered(trust, {
        async settle(claim, showing) {
          asked.resolve();
          await left.promise;
          const verdict = await trust.settle(claim, showing);
          setImmediate(settled.resolve);
          return verdict;
        },
      });
    await using scene = await openScene({ through });
    let reached = 0;
    scene.server.on("secureConnection", () => (reached += 1));
    const gone = once(scene.server, "connection").then(([transport]) => closed(transport));
    const { key, cert } = client;
    const raw = net.connect(scene.port, "127.0.0.1");
    const socket = tls.connect({ socket: raw, key, cert, rejectUnauthorized: false });
    socket.on("error", () => undefined);
    const connected = once(socket, "secureConnect");
    await Promise.all([asked.promise, connected]);
    raw.resetAndDestroy();
    await gone;
    left.resolve();
    await settled.promise;
    assert.equal(reached, 0);
    assert.equal(scene.guard.handshakes, 0);
    assert.equal([...scene.guard.connections].length, 0);
  });
});

describe("a claim that is settled late", async () => {
  const client = await identity("client");

  for (const version of ["TLSv1.3", "TLSv1.2"] as const) {
    it(`hands over everything the client said in between, in ${version}`, async () => {
      await using scene = await openScene({ through: (trust) => settling(trust, 50) });
      scene.server.on("secureConnection", (socket) => {
        socket.on("data", (chunk) => socket.end(`you said ${chunk.toString()}`));
      });
      const options = { port: scene.port, identity: client, maxVersion: version, eager: "early" };
      assert.equal((await connectOnce(options)).received, "you said early");
    });

    it(`hands over an https request that came in between, in ${version}`, async () => {
      await using scene = await openScene({ kind: "https", through: (trust) => settling(trust, 50) });
      scene.server.on("request", (_request, response) => response.end("late hello"));
      const eager = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
      const options = { port: scene.port, identity: client, maxVersion: version, eager };
      assert.match((await connectOnce(options)).received, /200 OK[^]*late hello/);
    });
  }

  it("is refused when the key was revoked in between", async () => {
    await using scene = await openScene({
      through: (trust) =>
        altered(trust, {
          async settle(claim, showing) {
            const settled = await trust.settle(claim, showing);
            await scene.operator.revoke("client");
            return settled;
          },
        }),
    });
    greet(scene.server);
    const outcome = await connectOnce({ port: scene.port, identity: client });
    assert.deepEqual([outcome.alert, outcome.received], [44, ""]);
  });

  it("fails closed when settling throws", async () => {
    await using scene = await openScene({
      through: (trust) => altered(trust, { settle: () => Promise.reject(new Error("broken")) }),
    });
    greet(scene.server);
    const outcome = await connectOnce({ port: scene.port, identity: client });
    assert.deepEqual([outcome.alert, outcome.received], [80, ""]);
  });
});

describe("ticketRecords", () => {
  const suite = TLS13_SUITES.get("TLS_AES_256_GCM_SHA384");
  assert(suite);

  it("finds the records of tickets as OpenSSL 3.5 was seen to send them", () => {
    assert.equal(ticketRecords(1310, 541, suite), 2);
    assert.equal(ticketRecords(1386, 546, suite), 4);
    assert.equal(ticketRecords(1342, 546, suite), 2);
    assert.equal(ticketRecords(42_858, 21_288, suite), 4);
  });

  it("finds none in bytes that something else is a part of", () => {
    assert.equal(ticketRecords(1310 + 27, 541, suite), undefined);
    assert.equal(ticketRecords(655, 541, suite), undefined);
  });
});

function losing(trust: Trust): TrustPort {
  return losingWhen(trust, () => true);
}

/** Claims each connection and loses: what a race for a name looks like from this side. */
function losingWhen(trust: Trust, when: () => boolean): TrustPort {
  return altered(trust, {
    judge(showing) {
      if (!when()) return trust.judge(showing);
      return { decision: "claim", peer: "client", pin: showing.certificate.pin, source: "first-use" };
    },
    async settle(claim, showing) {
      if (!when()) return trust.settle(claim, showing);
      await delay(50);
      return {
        decision: "refuse",
        reason: "key-changed",
        pin: claim.pin,
        peer: claim.peer,
        conflictsWith: null,
      };
    },
  });
}

function settling(trust: Trust, afterMs: number): TrustPort {
  return altered(trust, {
    async settle(claim, showing) {
      await delay(afterMs);
      return trust.settle(claim, showing);
    },
  });
}
