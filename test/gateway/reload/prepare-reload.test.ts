import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { describe, it } from "node:test";
import tls from "node:tls";
import type { ListenerConfig } from "../../../src/gateway/config/config.ts";
import { closed } from "../../guard/support/closed.ts";
import type { TestIdentity } from "../../guard/support/identities.ts";
import { anna, clientOptions, connectRaw } from "../support/http-scene.ts";
import { openHttpUpstream, type Upstream } from "../support/http-upstream.ts";
import { configOf, type GatewayScene, listenerTo, openGateway } from "../support/scene.ts";
import { freePort } from "../../support/free-port.ts";

function listenerWith({ port }: Upstream, over: Partial<ListenerConfig>): ListenerConfig {
  const address = { host: "127.0.0.1", port };
  const rules = { paths: over.paths ?? [], allow: over.allow, name: over.name ?? "main" };
  return listenerTo({ kind: "tcp", address, protocol: "http" }, { mode: "http", ...rules });
}

/** Another listener has the place of the first one, which moves or is gone. */
async function replace(
  { gateway, port }: GatewayScene,
  main: ListenerConfig,
  other: Upstream,
  goes: "elsewhere" | "away",
): Promise<void> {
  const here = { ...listenerWith(other, { name: "other" }), listen: { host: "127.0.0.1", port } };
  const there = { ...main, listen: { host: "127.0.0.1", port: await freePort() } };
  await gateway.reload(configOf(goes === "away" ? [here] : [here, there]));
}

/** A connection that was accepted, and has said nothing yet. */
async function arrive({ gateway, port }: GatewayScene): Promise<Socket> {
  const transport = connect({ host: "127.0.0.1", port }).on("error", () => undefined);
  await once(transport, "connect");
  while (gateway.open === 0) await new Promise(setImmediate);
  return transport;
}

/** What is answered over it. */
async function ask(transport: Socket, who: TestIdentity | "nobody"): Promise<string> {
  const socket = tls.connect({ ...clientOptions(who), socket: transport, maxVersion: "TLSv1.2" });
  let received = "";
  socket.on("error", () => undefined).on("data", (data) => (received += String(data)));
  socket.write("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  await closed(socket);
  return received;
}

describe("a connection in whose listener's place is another one", () => {
  for (const goes of ["elsewhere", "away"] as const) {
    it(`has requests denied that its own listener denies, which went ${goes}`, async () => {
      let finish: (() => void) | undefined;
      await using upstream = await openHttpUpstream(({ url }, response) => {
        if (url === "/admin") return response.end("secret");
        response.write("begun");
        finish = () => void response.end("over");
      });
      await using other = await openHttpUpstream((_request, response) => response.end("other"));
      const main = listenerWith(upstream, { paths: [{ path: "/admin", allow: ["bob"] }] });
      await using scene = await openGateway(configOf([main]));
      const raw = await connectRaw(scene.port, anna);
      raw.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
      await once(raw, "data");
      await replace(scene, main, other, goes);
      let received = "";
      raw.setEncoding("latin1").on("data", (text: string) => (received += text));
      raw.write("GET /admin HTTP/1.1\r\nHost: localhost\r\n\r\n");
      finish?.();
      await closed(raw);
      assert.match(received, /over/);
      assert.match(received, /HTTP\/1\.1 403 /);
      assert.doesNotMatch(received, /secret/);
    });

    it(`comes to nothing when its own listener leaves the peer out, which went ${goes}`, async () => {
      await using upstream = await openHttpUpstream((_request, response) => response.end("secret"));
      await using other = await openHttpUpstream((_request, response) => response.end("other"));
      const main = listenerWith(upstream, { allow: ["bob"] });
      await using scene = await openGateway(configOf([main]));
      const arrived = await arrive(scene);
      await replace(scene, main, other, goes);
      const received = await ask(arrived, anna);
      assert.equal(received, "");
    });
  }

  it("is cut when its own listener, which went elsewhere, leaves its peer out by now", async () => {
    await using upstream = await openHttpUpstream((_request, response) => response.write("begun"));
    await using other = await openHttpUpstream((_request, response) => response.end("other"));
    const main = listenerWith(upstream, {});
    await using scene = await openGateway(configOf([main]));
    const raw = await connectRaw(scene.port, anna);
    raw.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await once(raw, "data");
    const cut = closed(raw.resume());
    await replace(scene, { ...main, allow: ["bob"] }, other, "elsewhere");
    await cut;
  });
});

describe("a handshake that began before a reload", () => {
  const policy = { firstUse: "accept", bind: "name", validity: "enforce", rotation: "accept" } as const;
  const cases = [
    ["no key is met any more", anna, { policy }, { policy: { ...policy, firstUse: "refuse" } }],
    ["a certificate is required", "nobody", { clientCertificate: "optional" }, {}],
    ["the version of TLS is too old", anna, {}, { minTls: "TLSv1.3" }],
  ] as const;
  for (const [since, who, before, after] of cases) {
    it(`lets nobody in, since ${since}`, async () => {
      await using upstream = await openHttpUpstream((_request, response) => response.end("secret"));
      const main = listenerWith(upstream, {});
      await using scene = await openGateway(configOf([{ ...main, ...before }]));
      const arrived = await arrive(scene);
      await scene.gateway.reload(configOf([{ ...main, ...after }]));
      assert.equal(await ask(arrived, who), "");
      assert.equal(scene.store.key(anna.facts.pin), undefined);
    });
  }

  it("lets nobody in, since its listener is gone", async () => {
    await using upstream = await openHttpUpstream((_request, response) => response.end("secret"));
    const main = listenerWith(upstream, {});
    await using scene = await openGateway(configOf([main]));
    const arrived = await arrive(scene);
    await scene.gateway.reload(configOf([listenerWith(upstream, { name: "other" })]));
    assert.equal(await ask(arrived, anna), "");
    assert.equal(scene.store.key(anna.facts.pin), undefined);
  });

  it("goes on where clients are judged as before", async () => {
    await using upstream = await openHttpUpstream((_request, response) => response.end("hello"));
    const main = listenerWith(upstream, {});
    await using scene = await openGateway(configOf([main]));
    const arrived = await arrive(scene);
    await scene.gateway.reload(configOf([{ ...main, maxConnections: 5 }]));
    assert.match(await ask(arrived, anna), /hello/);
  });
});
