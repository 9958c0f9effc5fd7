import assert from "node:assert/strict";
import { createPrivateKey, randomBytes } from "node:crypto";
import { describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { createServer, type TLSSocket } from "node:tls";
import { Tickets } from "../../../src/guard/tickets/tickets.ts";
import { reissueCertificate } from "../../../src/x509/reissue-certificate.ts";
import { certificatesFromPem } from "../../../src/x509/certificate-description.ts";
import { identity, type TestIdentity } from "../support/identities.ts";
import { connectOnce } from "../support/node-client.ts";
import { greet, openScene, type Scene } from "../support/scene.ts";
import { altered } from "../support/verdicts.ts";

const [anna, own] = await Promise.all([identity("anna"), identity("localhost")]);

describe("the ticket keys of a guarded server", () => {
  it("stay when it is given another certificate: neither former ones come back nor are sessions lost", async () => {
    const ticketKeys = randomBytes(48);
    await using scene = await openScene({ server: { ticketKeys } });
    greet(scene.server);
    const { session } = await connectOnce({ port: scene.port, identity: anna });
    const next = { key: own.key, cert: own.cert, ticketKeys };
    scene.server.setSecureContext(next);
    assert.equal((await connectOnce({ port: scene.port, identity: anna, session })).resumed, true);
    await scene.operator.revoke("anna");
    await changed(scene, ticketKeys);
    const keys = scene.server.getTicketKeys();
    scene.server.setSecureContext(next);
    assert.deepEqual(scene.server.getTicketKeys(), keys);
    await scene.operator.approve(anna.facts.pin);
    assert.equal((await connectOnce({ port: scene.port, identity: anna, session })).resumed, false);
  });

  it("change when a key is ignored that was told by the page of pending clients that it waits", async () => {
    await using scene = await openWaitingRoom();
    const before = scene.server.getTicketKeys();
    await connectOnce({ port: scene.port, identity: anna });
    await scene.trust.flush();
    await scene.operator.ignore(anna.facts.pin);
    await changed(scene, before);
  });

  it("stay when pending keys come and go: any stranger could bring that about", async () => {
    await using scene = await openWaitingRoom();
    await connectOnce({ port: scene.port, identity: anna });
    const before = scene.server.getTicketKeys();
    await connectOnce({ port: scene.port, identity: renewed(anna) });
    await scene.trust.flush();
    await scene.operator.forget(anna.facts.pin);
    await scene.operator.import(own.facts);
    assert.deepEqual(scene.server.getTicketKeys(), before);
  });

  it("change when a key is ignored whose claim was lost late", async () => {
    await using scene = await openScene({
      through: (trust) =>
        altered(trust, {
          async settle({ pin, peer }, showing) {
            await trust.settle({ decision: "claim", pin, peer, source: "first-use" }, showing);
            return { decision: "refuse", reason: "rate-limited", pin, peer, conflictsWith: null };
          },
        }),
    });
    const before = scene.server.getTicketKeys();
    await connectOnce({ port: scene.port, identity: anna });
    await scene.operator.ignore(anna.facts.pin);
    await changed(scene, before);
  });
});

describe("tickets that clients can have voided at will", () => {
  it("are void at once the first time, and then once in a while", async () => {
    const server = createServer();
    const tickets = new Tickets(server, undefined, 500);
    const keys = [server.getTicketKeys()];
    for (let at = 0; at < 3; at++) {
      tickets.voidSoon();
      keys.push(server.getTicketKeys());
    }
    const [before, first, second, third] = keys.map((each) => each.toString("hex"));
    assert.notEqual(first, before);
    assert.deepEqual([second, third], [first, first]);
    while (server.getTicketKeys().toString("hex") === first) await delay(20);
    tickets.void();
    tickets.stop();
  });
});

/** Pending clients are told so by a word. */
function openWaitingRoom(): Promise<Scene> {
  return openScene({
    policy: { firstUse: "ask" },
    dangerouslyReceivePending: (socket: TLSSocket) => void socket.end("wait"),
  });
}

/** Another certificate over the same key. */
function renewed({ key, cert }: TestIdentity): TestIdentity {
  const [der] = certificatesFromPem(cert);
  assert(der);
  const privateKey = createPrivateKey(key);
  const { certificatePem, facts } = reissueCertificate(der, { privateKey, now: new Date() });
  return { key, cert: certificatePem, facts };
}

async function changed({ server }: Scene, before: Buffer): Promise<void> {
  while (server.getTicketKeys().equals(before)) await delay(10);
}
