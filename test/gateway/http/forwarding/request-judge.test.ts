import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ForwardingListener, ListenerConfig } from "../../../../src/gateway/config/config.ts";
import type { RefusalSighting } from "../../../../src/trust/port/ledger.ts";
import type { TrustStore } from "../../../../src/trust/port/trust-store.ts";
import { identity, type TestIdentity } from "../../../guard/support/identities.ts";
import { anna, exchangeRaw, finish, openSession } from "../../support/http-scene.ts";
import { openHttpUpstream, type Upstream } from "../../support/http-upstream.ts";
import { configOf, listenerTo, openGateway } from "../../support/scene.ts";
import { FILE_PATIENCE_MS } from "../../../support/patience.ts";

const bob = await identity("bob");

function listenerOf(
  upstream: Upstream,
  name: string,
  over: Partial<ForwardingListener> = {},
): ListenerConfig {
  const address = { host: "127.0.0.1", port: upstream.port };
  const paths = [{ path: "/admin", allow: ["anna", "group:ops"] }];
  return listenerTo({ kind: "tcp", address, protocol: "http" }, { name, mode: "http", paths, ...over });
}

/** Asks for a path over HTTP/1.1; resolves with the status. */
async function ask(port: number, target: string, who: TestIdentity | "nobody" = bob): Promise<number> {
  const request = `GET ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`;
  return Number((await exchangeRaw(port, request, who)).split(" ")[1]);
}

/** What is on record once `count` refusals are. */
async function recorded(store: TrustStore, count: number): Promise<readonly RefusalSighting[]> {
  for (;;) {
    const { items: refusals } = await store.listRefusals({});
    if (refusals.reduce((sum, refusal) => sum + refusal.count, 0) >= count) return refusals;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe("a request that a path rule denies", { timeout: FILE_PATIENCE_MS }, () => {
  it("is on record as a refusal, with the rule and what was asked for, and nothing of its query", async () => {
    await using upstream = await openHttpUpstream((_, response) => response.end("hello"));
    await using scene = await openGateway(configOf([listenerOf(upstream, "web")]));
    assert.equal(await ask(scene.port, "/open"), 200);
    assert.equal(await ask(scene.port, "/admin", anna), 200);
    assert.equal(await ask(scene.port, "/admin/users?token=secret"), 403);
    const [refusal, ...others] = await recorded(scene.store, 1);
    assert.deepEqual(others, []);
    assert.partialDeepStrictEqual(refusal, {
      reason: "path-not-allowed",
      detail: null,
      problem: "the rule for /admin denied GET /admin/users",
      fingerprint: null,
      peer: "bob",
      address: "127.0.0.1",
      listener: "web",
      count: 1,
    });
    assert.equal(refusal?.pin, scene.store.keysOfName("bob")[0]?.pin);
    assert.match(refusal?.connection ?? "", /^[\w-]+$/);
  });

  it("is added up with others of its peer at its listener, over either version of HTTP", async () => {
    await using upstream = await openHttpUpstream((_, response) => response.end("hello"));
    const listeners = ["web", "api"].map((name) => listenerOf(upstream, name));
    await using scene = await openGateway(configOf(listeners));
    const [web, api] = scene.addresses;
    assert.ok(web && api);
    for (const target of ["/admin", "/ADMIN/x", "/%61dmin"]) assert.equal(await ask(web.port, target), 403);
    {
      await using session = openSession(web.port, bob);
      assert.equal((await finish(session.request({ ":path": "/admin/two" }))).status, 403);
    }
    assert.equal(await ask(api.port, "/admin"), 403);
    const refusals = await recorded(scene.store, 5);
    assert.deepEqual(
      refusals.map(({ count }) => count),
      [1, 4],
    );
    const words = refusals.map(({ problem }) => problem?.split("denied ")[1]);
    assert.deepEqual(words, ["GET /admin", "GET /admin/two"]);
  });

  it("is on record for an upgrade as well, and for a client without a certificate", async () => {
    await using upstream = await openHttpUpstream((_, response) => response.end("hello"));
    const listener = listenerOf(upstream, "web", { clientCertificate: "optional" });
    await using scene = await openGateway(configOf([listener]));
    const upgrade =
      "GET /admin HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
    assert.match(await exchangeRaw(scene.port, upgrade, bob), /^HTTP\/1\.1 403 /);
    assert.equal(await ask(scene.port, "/admin", "nobody"), 403);
    const refusals = await recorded(scene.store, 2);
    assert.deepEqual(
      refusals.map(({ peer, pin }) => [peer, pin === null]),
      [
        [null, true],
        ["bob", false],
      ],
    );
  });

  it("leaves words that are safe to print and short, whatever it asked for", async () => {
    await using upstream = await openHttpUpstream((_, response) => response.end("hello"));
    await using scene = await openGateway(configOf([listenerOf(upstream, "web")]));
    assert.equal(await ask(scene.port, `/admin/\\u{1b}${"x".repeat(5000)}`), 403);
    const [refusal] = await recorded(scene.store, 1);
    assert.match(refusal?.problem ?? "", /GET \/admin\/\\u\{5c\}u\{1b\}x+…$/);
    assert.ok(Buffer.byteLength(refusal?.problem ?? "") <= 300);
  });

  it("costs no write of its own: what comes at once is one row, written once", async () => {
    await using upstream = await openHttpUpstream((_, response) => response.end("hello"));
    await using scene = await openGateway(configOf([listenerOf(upstream, "web")]));
    let writes = 0;
    const record = scene.store.record.bind(scene.store);
    scene.store.record = (batch) => {
      if (batch.refusals.length > 0) writes += 1;
      return record(batch);
    };
    await using session = openSession(scene.port, bob);
    const began = performance.now();
    for (let round = 0; round < 20; round++) {
      const asked = Array.from({ length: 50 }, (_, at) =>
        session.request({ ":path": `/admin/${round}/${at}` }),
      );
      await Promise.all(asked.map(finish));
    }
    const seconds = (performance.now() - began) / 1000;
    const refusals = await recorded(scene.store, 1000);
    assert.equal(refusals.length, 1);
    assert.ok(writes <= seconds + 3, `${writes} writes in ${seconds} s`);
  });
});
