import assert from "node:assert/strict";
import { once } from "node:events";
import { createConnection } from "node:net";
import { describe, it } from "node:test";
import type { ForwardingListener } from "../../../src/gateway/config/config.ts";
import { endpointsOf } from "../../../src/gateway/proxy-protocol/proxied-address.ts";
import { identity } from "../../guard/support/identities.ts";
import { connectWithHeader, rawV2 } from "../support/proxy-header.ts";
import { configOf, type GatewayScene, listenerTo, openGateway } from "../support/scene.ts";
import { exchange, gone, openClient, openUpstream, type TestUpstream } from "../support/upstream.ts";
import { eventsIn, refusalsIn } from "../../support/listed.ts";

const ada = await identity("ada");

/** A gateway on `:PORT`, whose sockets show IPv4 clients as `::ffff:127.0.0.1`. */
function openScene(upstream: TestUpstream, over: Partial<ForwardingListener> = {}): Promise<GatewayScene> {
  return openGateway(configOf([listenerTo(upstream.port, { listen: { host: "::", port: 0 }, ...over })]));
}

describe("an IPv4 client at a listener for both protocols", () => {
  it("has its IPv4 address wherever it is told", async () => {
    await using upstream = await openUpstream();
    await using scene = await openScene(upstream, { sendProxy: "v2" });
    const client = await openClient(scene.port, ada);
    const arrived = await upstream.connection();
    const [header] = (await once(arrived, "data")) as [Buffer];
    assert.equal(header[13], 0x11, "TCP over IPv4");
    assert.deepEqual([...header.subarray(16, 24)], [127, 0, 0, 1, 127, 0, 0, 1]);
    const [{ guard } = assert.fail()] = scene.opened;
    const [open] = guard.connections;
    assert.equal(open?.remoteAddress, "127.0.0.1");
    const ends = open && endpointsOf(open.transport);
    assert.deepEqual([ends?.sourceAddress, ends?.destinationAddress], ["127.0.0.1", "127.0.0.1"]);
    client.destroy();
    await gone(client);
    const [event] = (await eventsIn(scene.store)).map(({ json }) => json);
    assert.match(event ?? "", /"address":"127\.0\.0\.1"/);
  });

  it("has it when its handshake fails, when it is refused, and as a proxy without a header", async () => {
    await using upstream = await openUpstream();
    const policy = { firstUse: "refuse", bind: "name", validity: "enforce", rotation: "accept" } as const;
    await using scene = await openScene(upstream, { policy });
    const noTls = createConnection(scene.port, "127.0.0.1").on("error", () => undefined);
    noTls.end("GET / HTTP/1.0\r\n\r\n");
    assert.equal((await scene.event("handshake-failed")).remoteAddress, "127.0.0.1");
    await gone(await openClient(scene.port, ada));
    await scene.gateway.close();
    assert.equal((await refusalsIn(scene.store))[0]?.address, "127.0.0.1");

    await using proxied = await openScene(upstream, { acceptProxy: ["127.0.0.1"] });
    const noHeader = createConnection(proxied.port, "127.0.0.1").on("error", () => undefined);
    noHeader.end("no header");
    assert.equal((await proxied.event("proxy-header-refused")).proxy, "127.0.0.1");
  });

  it("has it when it is gone before its handshake is over", async () => {
    await using upstream = await openUpstream();
    await using scene = await openScene(upstream, {});
    for (const leave of ["resetAndDestroy", "destroy", "end"] as const) {
      const from = scene.events.length;
      const socket = createConnection(scene.port, "127.0.0.1").on("error", () => undefined);
      await once(socket, "connect");
      socket[leave]();
      const event = await scene.event("handshake-failed", (each) => scene.events.indexOf(each) >= from);
      assert.equal(event.remoteAddress, "127.0.0.1", leave);
    }
  });

  it("has it when a proxy in front of us shows it like that", async () => {
    await using upstream = await openUpstream();
    await using scene = await openScene(upstream, { acceptProxy: ["127.0.0.1"] });
    const mapped = "00000000000000000000ffff";
    const addresses = Buffer.from(`${mapped}c6336407${mapped}cb00710900010002`, "hex");
    for (const header of [
      "PROXY TCP6 ::ffff:198.51.100.7 0:0:0:0:0:FFFF:cb00:7109 1 2\r\n",
      rawV2(0x21, 0x21, addresses),
    ]) {
      const client = await connectWithHeader(scene.port, header, ada);
      assert.equal(await exchange(client, "x"), "x");
    }
    await scene.gateway.drain();
    const seen = scene.events.flatMap((event) => (event.type === "relayed" ? event.connection : []));
    assert.deepEqual(
      seen.map((connection) => connection?.remoteAddress),
      ["198.51.100.7", "198.51.100.7"],
    );
  });
});
