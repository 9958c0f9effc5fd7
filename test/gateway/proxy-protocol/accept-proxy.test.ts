import assert from "node:assert/strict";
import { once } from "node:events";
import { createConnection } from "node:net";
import { describe, it } from "node:test";
import type { ForwardingListener } from "../../../src/gateway/config/config.ts";
import { identity } from "../../guard/support/identities.ts";
import { connectOnce } from "../../guard/support/node-client.ts";
import { connectWithHeader, headerV2, rawV2 } from "../support/proxy-header.ts";
import { configOf, type GatewayScene, listenerTo, openGateway } from "../support/scene.ts";
import { exchange, gone, openClient, openUpstream, type TestUpstream } from "../support/upstream.ts";
import { refusalsIn } from "../../support/listed.ts";
import { PATIENCE_MS } from "../../support/patience.ts";
import { until } from "../../cli/support/serve.ts";

const ada = await identity("ada");

function openScene(upstream: TestUpstream, over: Partial<ForwardingListener> = {}): Promise<GatewayScene> {
  return openGateway(configOf([listenerTo(upstream.port, { acceptProxy: ["127.0.0.0/8"], ...over })]));
}

describe("a listener behind a proxy", () => {
  it("takes the client's address from the header, in both versions and however it is cut", async () => {
    await using upstream = await openUpstream();
    await using scene = await openScene(upstream);
    const headers = ["PROXY TCP4 198.51.100.7 203.0.113.9 40000 443\r\n", headerV2("198.51.100.7", 40_000)];
    for (const [at, header] of [...headers, ...headers].entries()) {
      const client = await connectWithHeader(scene.port, header, ada, { split: at >= headers.length });
      assert.equal(await exchange(client, "hello"), "hello");
    }
    await scene.gateway.drain();
    const addresses = scene.events.flatMap((event) =>
      event.type === "relayed" ? event.connection?.remoteAddress : [],
    );
    assert.deepEqual(addresses, Array(4).fill("198.51.100.7"));
  });

  it("takes LOCAL for a connection of the proxy's own, and has no address where that does not say", async () => {
    await using upstream = await openUpstream();
    await using scene = await openScene(upstream);
    for (const header of [rawV2(0x20, 0, new Uint8Array()), "PROXY UNKNOWN\r\n"]) {
      await exchange(await connectWithHeader(scene.port, header, ada), "x");
    }
    await scene.gateway.drain();
    const addresses = scene.events.flatMap((event) =>
      event.type === "relayed" ? [event.connection?.remoteAddress] : [],
    );
    assert.deepEqual(addresses, ["127.0.0.1", undefined]);
  });

  it("limits, refusals and lists go by that address", async () => {
    await using upstream = await openUpstream();
    await using scene = await openScene(upstream, {
      policy: { firstUse: "ask", bind: "name", validity: "enforce", rotation: "accept" },
    });
    const client = await connectWithHeader(scene.port, headerV2("198.51.100.7", 1), ada);
    await gone(client);
    await scene.gateway.close();
    const [refusal] = await refusalsIn(scene.store);
    assert.equal(refusal?.address, "198.51.100.7");
    assert.equal(refusal?.reason, "pending");
  });

  it("closes a connection of the proxy that has no header", async () => {
    await using upstream = await openUpstream();
    await using scene = await openScene(upstream);
    const { error, alert } = await connectOnce({ port: scene.port, identity: ada });
    assert.equal(alert, null);
    assert.ok(error);
    const refused = await scene.event("proxy-header-refused");
    assert.equal(refused.proxy, "127.0.0.1");
    assert.equal(refused.listener, "main");
  });

  it("closes one that ends, or does not come to the end of its header in time", async () => {
    await using upstream = await openUpstream();
    await using scene = await openScene(upstream, { handshakeTimeoutMs: 300 });
    const brief = createConnection(scene.port, "127.0.0.1");
    brief.end("PROXY TCP4 198.51");
    await gone(brief);
    const slow = createConnection(scene.port, "127.0.0.1");
    await once(slow, "connect");
    const began = performance.now();
    slow.write("PROX");
    const drip = setInterval(() => slow.write("Y"), 50);
    await gone(slow);
    clearInterval(drip);
    assert.ok(performance.now() - began < PATIENCE_MS);
    await until(() => scene.gateway.open === 0);
  });

  it("never believes a header from anywhere else: it is taken for TLS, which it is not", async () => {
    await using upstream = await openUpstream(() => assert.fail("somebody came through"));
    await using scene = await openScene(upstream, { acceptProxy: ["192.0.2.0/24"] });
    await assert.rejects(connectWithHeader(scene.port, headerV2("198.51.100.7", 1), ada));
    await assert.rejects(
      connectWithHeader(scene.port, "PROXY TCP4 198.51.100.7 203.0.113.9 40000 443\r\n", ada),
    );
  });

  it("takes clients without a header from anywhere else", async () => {
    await using upstream = await openUpstream();
    await using scene = await openScene(upstream, { acceptProxy: ["192.0.2.0/24", "2001:db8::/32"] });
    assert.equal(await exchange(await openClient(scene.port, ada), "direct"), "direct");
  });

  it("waits for so many headers at once, and gives up the oldest for one more", async () => {
    await using upstream = await openUpstream();
    await using scene = await openScene(upstream, { maxHandshakes: 2 });
    const first = createConnection(scene.port, "127.0.0.1");
    await once(first, "connect");
    const others = [1, 2].map(() => createConnection(scene.port, "127.0.0.1"));
    await gone(first);
    for (const socket of others) socket.destroy();
  });

  it("refuses to listen with what is no network", async () => {
    await using upstream = await openUpstream();
    await assert.rejects(openScene(upstream, { acceptProxy: ["10.0.0.1/8"] }), {
      code: "ERR_HANDCLASP_OPTION",
    });
  });
});
