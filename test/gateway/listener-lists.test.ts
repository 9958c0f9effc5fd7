import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, it } from "node:test";
import type { ConnectionOptions } from "node:tls";
import type { ForwardingListener } from "../../src/gateway/config/config.ts";
import { readProxyHeader } from "../../src/gateway/proxy-protocol/read-proxy-header.ts";
import { identity, type TestIdentity } from "../guard/support/identities.ts";
import { connectOnce } from "../guard/support/node-client.ts";
import { refusalsIn } from "../support/listed.ts";
import { connectWithHeader } from "./support/proxy-header.ts";
import { configOf, type GatewayScene, listenerTo, openGateway } from "./support/scene.ts";
import {
  answers,
  exchange,
  gone,
  openClient,
  openUpstream,
  talking,
  type TestUpstream,
} from "./support/upstream.ts";
import { FILE_PATIENCE_MS } from "../support/patience.ts";

const [anna, bob, stranger] = await Promise.all([identity("anna"), identity("bob"), identity("stranger")]);
const ALERTS = { certificateRequired: 116, accessDenied: 49 };
const LAN = "PROXY TCP4 192.0.2.7 203.0.113.9 1 2\r\n";
const ELSEWHERE = "PROXY TCP4 198.51.100.7 203.0.113.9 1 2\r\n";

function listener(
  upstream: TestUpstream,
  allow: readonly string[],
  over: Partial<ForwardingListener> = {},
): ForwardingListener {
  return listenerTo(upstream.port, { allow, clientCertificate: "optional", ...over });
}

/** A gateway that trusts anna and bob. */
async function open(listeners: readonly ForwardingListener[]): Promise<GatewayScene> {
  const scene = await openGateway(configOf(listeners));
  await scene.operator.import(anna.facts, { name: "anna" });
  await scene.operator.import(bob.facts, { name: "bob" });
  return scene;
}

/** What comes back of what somebody says behind a proxy's header; nothing of who is refused. */
async function said(
  port: number,
  header: string,
  who: TestIdentity | undefined,
  options: ConnectionOptions = {},
): Promise<string> {
  const client = await connectWithHeader(port, header, who, options);
  let back = "";
  client.on("data", (chunk: Buffer) => (back += String(chunk)));
  client.end("hello");
  await gone(client);
  return back;
}

describe("a listener in mode tcp whose list has words", { timeout: FILE_PATIENCE_MS }, () => {
  it("lets in a network without certificates, peers of it, and from elsewhere who is in the list", async () => {
    await using upstream = await openUpstream();
    const over = { acceptProxy: ["127.0.0.0/8"] };
    await using scene = await open([listener(upstream, ["network:192.0.2.0/24", "anna"], over)]);
    assert.equal(await said(scene.port, LAN, undefined), "hello");
    assert.equal(await said(scene.port, LAN, bob), "hello");
    assert.equal(await said(scene.port, ELSEWHERE, anna), "hello");
    assert.equal(await said(scene.port, ELSEWHERE, undefined), "");
    assert.equal(await said(scene.port, ELSEWHERE, bob), "");
    assert.equal(await said(scene.port, "PROXY UNKNOWN\r\n", undefined), "");
    await scene.gateway.close();
    const reasons = (await refusalsIn(scene.store)).map(({ reason, address, peer }) => [
      reason,
      address,
      peer,
    ]);
    assert.deepEqual(reasons.map(String).toSorted(), [
      "no-certificate,,",
      "no-certificate,198.51.100.7,",
      "not-allowed,198.51.100.7,bob",
    ]);
  });

  it("tells who is refused by the alerts that stand for it, in both versions of TLS", async () => {
    await using upstream = await openUpstream();
    await using scene = await open([listener(upstream, ["network:192.0.2.0/24", "anna"])]);
    const { port } = scene;
    const denied = await connectOnce({ port, identity: bob });
    assert.equal(denied.alert, ALERTS.accessDenied);
    assert.equal((await connectOnce({ port })).alert, ALERTS.certificateRequired);
    assert.notEqual((await connectOnce({ port, maxVersion: "TLSv1.2" })).alert, null);
  });

  it("refuses a certificate that is not trusted, though it lets in who shows none", async () => {
    await using upstream = await openUpstream();
    const policy = { firstUse: "ask", bind: "name", validity: "enforce", rotation: "accept" } as const;
    await using scene = await open([listener(upstream, ["anyone"], { policy })]);
    assert.equal(await exchange(await openClient(scene.port, undefined), "hello"), "hello");
    await scene.operator.revoke("bob");
    for (const who of [stranger, bob]) {
      assert.notEqual((await connectOnce({ port: scene.port, identity: who })).alert, null);
    }
    await scene.gateway.close();
    const reasons = (await refusalsIn(scene.store)).map(({ reason }) => reason);
    assert.deepEqual(reasons.toSorted(), ["pending", "revoked"]);
  });

  it("says to the upstream of a stranger where it comes from, and no peer", async () => {
    const upstream = await openUpstream(() => undefined);
    await using _ = upstream;
    await using scene = await open([listener(upstream, ["network:127.0.0.0/8"], { sendProxy: "v2" })]);
    const came = upstream.connection();
    const client = await openClient(scene.port, undefined);
    const socket = await came;
    const [header] = (await once(socket, "data")) as [Buffer];
    const read = readProxyHeader(header);
    assert.ok(typeof read?.from === "object");
    assert.equal(read.from.sourceAddress, "127.0.0.1");
    assert.ok(!header.includes("anna"));
    client.destroy();
  });

  it("judges a resumed session by where it comes from and what it showed", async () => {
    await using upstream = await openUpstream();
    const over = { acceptProxy: ["127.0.0.0/8"] };
    await using scene = await open([listener(upstream, ["network:192.0.2.0/24"], over)]);
    const first = await connectWithHeader(scene.port, LAN, bob);
    const [session] = (await once(first, "session")) as [Buffer];
    first.destroy();
    const again = await connectWithHeader(scene.port, LAN, bob, { session });
    assert.ok(again.isSessionReused());
    assert.ok(await answers(again));
    again.destroy();
    assert.equal(await said(scene.port, ELSEWHERE, bob, { session }), "");
    assert.equal(await said(scene.port, LAN, bob, { session }), "hello");
  });

  it("ends connections, of strangers and peers, that another configuration leaves out, and those alone", async () => {
    await using upstream = await openUpstream();
    await using scene = await open([listener(upstream, ["network:127.0.0.0/8"])]);
    const [nobody, hers, his] = [
      await talking(scene.port, undefined),
      await talking(scene.port, anna),
      await talking(scene.port, bob),
    ];
    await scene.gateway.reload(configOf([listener(upstream, ["network:127.0.0.1", "bob"])]));
    for (const client of [nobody, hers, his]) assert.ok(await answers(client));
    const ends = [gone(nobody), gone(hers)];
    await scene.gateway.reload(configOf([listener(upstream, ["network:10.0.0.0/8", "bob"])]));
    await Promise.all(ends);
    assert.ok(await answers(his));
    his.destroy();
  });

  it("keeps a peer that leaves a group of its list only where its network is in the list", async () => {
    await using upstream = await openUpstream();
    const over = { acceptProxy: ["127.0.0.0/8"] };
    await using scene = await open([listener(upstream, ["network:192.0.2.0/24", "group:lab"], over)]);
    await scene.operator.addToGroup("lab", "anna");
    const [near, far] = [
      await connectWithHeader(scene.port, LAN, anna),
      await connectWithHeader(scene.port, ELSEWHERE, anna),
    ];
    for (const client of [near, far]) {
      client.write("hello");
      await once(client, "data");
    }
    const end = gone(far);
    await Promise.all([
      scene.operator.removeFromGroup("lab", "anna"),
      scene.operator.addToGroup("lab", "anna"),
    ]);
    await end;
    assert.ok(await answers(near));
    const cut = gone(near);
    await scene.operator.revoke("anna");
    await cut;
  });
});
