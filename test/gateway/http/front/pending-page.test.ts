import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import tls from "node:tls";
import { describe, it } from "node:test";
import { parseKeyCode } from "../../../../src/trust/naming/key-code.ts";
import { toKeyId } from "../../../../src/trust/naming/key-id.ts";
import { toPhrase } from "../../../../src/trust/naming/phrase.ts";
import { readCertificate } from "../../../../src/x509/certificate-facts.ts";
import { closed } from "../../../guard/support/closed.ts";
import { identity } from "../../../guard/support/identities.ts";
import { connectOnce } from "../../../guard/support/node-client.ts";
import {
  anna,
  clientOptions,
  connectRaw,
  exchangeRaw,
  finish,
  openHttpScene,
  openSession,
  type HttpScene,
} from "../../support/http-scene.ts";
import { openHttpUpstream, type Upstream } from "../../support/http-upstream.ts";

const GET = "GET /any/path HTTP/1.1\r\nHost: a\r\n\r\n";

function openUpstream(): Promise<Upstream> {
  return openHttpUpstream((request, response) =>
    response.end(`hello ${String(request.headers["handclasp-peer"])}`),
  );
}

function openScene(to: number, onPending: "page" | "alert" = "page"): Promise<HttpScene> {
  return openHttpScene({ to, policy: { firstUse: "ask" }, config: { onPending } });
}

/** Anna, who was told to wait and has stayed connected. */
async function connectPending(scene: HttpScene): Promise<tls.TLSSocket> {
  await exchangeRaw(scene.port, GET);
  await scene.trust.flush();
  const waiting = await connectRaw(scene.port);
  // The server's tickets come after its verdict.
  await once(waiting, "session");
  return waiting;
}

describe("a pending client", () => {
  it("gets an alert by default", async () => {
    await using upstream = await openUpstream();
    await using scene = await openScene(upstream.port, "alert");
    const { alert } = await connectOnce({ port: scene.port, identity: anna });
    assert.equal(alert, 49);
  });

  it("gets a page with its phrase and key id, whatever it asks for, and the upstream hears nothing", async () => {
    await using upstream = await openUpstream();
    await using scene = await openScene(upstream.port);
    const socket = tls.connect({ port: scene.port, ALPNProtocols: ["http/1.1"], ...clientOptions() });
    await once(socket, "secureConnect");
    const server = readCertificate(socket.getPeerX509Certificate()?.raw ?? Buffer.alloc(0)).pin;
    socket.destroy();
    const answer = await exchangeRaw(scene.port, GET);
    assert.match(answer, /^HTTP\/1\.1 403 Forbidden\r\n/);
    assert.match(answer, /cache-control: no-store\r\n/);
    assert.match(answer, /connection: close\r\n/i);
    const words = Array.from(answer.matchAll(/<li>(\w+)<\/li>/g), ([, word]) => word);
    assert.equal(words.join(" "), toPhrase(server, anna.facts.pin));
    assert.ok(answer.includes(toKeyId(anna.facts.pin)));
    assert.match(answer, /<noscript><meta http-equiv="refresh" content="5"><\/noscript>/);
    for (const request of [
      "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
      "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n",
      "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
    ]) {
      assert.match(await exchangeRaw(scene.port, request), /HTTP\/1\.1 403 /, request);
    }
    await exchangeRaw(scene.port, "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n");
    assert.equal(upstream.connections.length, 0);
  });

  it("gets it as JSON when it asks for JSON", async () => {
    await using upstream = await openUpstream();
    await using scene = await openScene(upstream.port);
    const answer = await exchangeRaw(
      scene.port,
      GET.replace("\r\n\r\n", "\r\nAccept: application/json\r\n\r\n"),
    );
    const told = JSON.parse(answer.slice(answer.indexOf("\r\n\r\n"))) as Record<string, unknown>;
    const fields = ["state", "claimedName", "keyId", "pin", "phrase", "code", "seenByOperator"];
    assert.deepEqual(Object.keys(told), fields);
    assert.equal(told["state"], "pending");
    assert.equal(told["pin"], anna.facts.pin);
    const { pin, serverPin } = parseKeyCode(String(told["code"]));
    assert.deepEqual([pin, toPhrase(serverPin, pin)], [anna.facts.pin, told["phrase"]]);
  });

  it("is told that an operator has looked at its key", async () => {
    await using upstream = await openUpstream();
    await using scene = await openScene(upstream.port);
    const asJson = GET.replace("\r\n\r\n", "\r\nAccept: application/json\r\n\r\n");
    assert.match(await exchangeRaw(scene.port, asJson), /"seenByOperator":null/);
    assert.match(await exchangeRaw(scene.port, GET), /<p role="status">Nobody who can approve you has/);
    await scene.trust.flush();
    const looked = [{ pin: anna.facts.pin, at: Date.UTC(2030, 0, 1) }];
    await scene.trust.store.record({ seen: [], refusals: [], opened: [], closed: [], looked });
    assert.match(await exchangeRaw(scene.port, asJson), /"seenByOperator":"2030-01-01T00:00:00\.000Z"/);
    assert.match(await exchangeRaw(scene.port, GET), /<p role="status">An operator has seen it/);
  });

  it("gets it over HTTP/2, and the session ends with it", async () => {
    await using upstream = await openUpstream();
    await using scene = await openScene(upstream.port);
    await using session = openSession(scene.port);
    const over = closed(session);
    const { status, body } = await finish(session.request({ ":path": "/" }));
    assert.equal(status, 403);
    assert.match(body, /Waiting for approval/);
    await over;
    await using other = openSession(scene.port);
    await once(other, "remoteSettings");
    const connect = other.request({ ":method": "CONNECT", ":authority": "a:1" });
    assert.equal((await finish(connect)).status, 403);
    assert.equal(upstream.connections.length, 0);
  });

  it("can write nothing into the page that acts on a browser", async () => {
    await using upstream = await openUpstream();
    await using scene = await openScene(upstream.port);
    const hostile = await identity(`<script>alert("1")</script>&'`);
    const answer = await exchangeRaw(scene.port, GET, hostile);
    assert.doesNotMatch(answer, /alert\("/);
    assert.match(answer, /<bdi>&#60;script&#62;/);
    const [style, script, ...more] = Array.from(
      answer.matchAll(/<(?:style|script)>(.*?)<\/(?:style|script)>/gs),
      ([, text = ""]) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`,
    );
    assert.deepEqual(more, []);
    const policy = `default-src 'none'; style-src ${style}; script-src ${script}; connect-src 'self'; require-trusted-types-for`;
    assert.ok(answer.includes(`content-security-policy: ${policy}`));
  });

  it("is let through once it is approved, and its open connection does not stay pending", async () => {
    await using upstream = await openUpstream();
    await using scene = await openScene(upstream.port);
    const over = closed(await connectPending(scene));
    await scene.operator.approve(anna.facts.pin);
    await over;
    const answer = await exchangeRaw(scene.port, GET.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"));
    assert.match(answer, /^HTTP\/1\.1 200 .*hello anna/s);
  });

  it("is cut when its key is ignored, and gets the alert from then on", async () => {
    await using upstream = await openUpstream();
    await using scene = await openScene(upstream.port);
    const over = closed(await connectPending(scene));
    await scene.operator.ignore(anna.facts.pin);
    await over;
    assert.equal((await connectOnce({ port: scene.port, identity: anna })).alert, 49);
  });

  it("cannot stay a client by resuming its session", async () => {
    await using upstream = await openUpstream();
    await using scene = await openScene(upstream.port);
    for (const maxVersion of ["TLSv1.3", "TLSv1.2"] as const) {
      const options = { ...clientOptions(), port: scene.port, maxVersion };
      const first = await connectOnce({ ...options, eager: GET });
      assert.match(first.received, /^HTTP\/1\.1 403 /);
      const again = await connectOnce({ ...options, eager: GET, session: first.session });
      assert.equal(again.resumed, true, maxVersion);
      assert.match(again.received, /^HTTP\/1\.1 403 /);
    }
    assert.equal(upstream.connections.length, 0);
  });
});

describe("others than pending clients", () => {
  it("get their alerts: conflicts, revoked keys, those without a certificate", async () => {
    await using upstream = await openUpstream();
    await using scene = await openScene(upstream.port);
    await exchangeRaw(scene.port, GET);
    await scene.trust.flush();
    await scene.operator.approve(anna.facts.pin);
    const rival = await identity("anna");
    assert.equal((await connectOnce({ port: scene.port, identity: rival })).alert, 46);
    await scene.operator.revoke(anna.facts.pin);
    assert.equal((await connectOnce({ port: scene.port, identity: anna })).alert, 44);
    assert.equal((await connectOnce({ port: scene.port })).alert, 116);
    assert.equal(upstream.connections.length, 0);
  });
});
